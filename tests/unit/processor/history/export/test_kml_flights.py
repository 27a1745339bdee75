"""The placemarks of a KML file are the flights that the archive stores of the same rows."""

import datetime as dt
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from processor.archive.flights.segmentation import DetectedFlight
from processor.history.export.kml import TrackPlacemarks
from processor.history.export.table import STATE_VECTORS, STATE_VECTORS_WITH_FLIGHTS
from telemetry.state_vector import StateVector
from testkit.flight_oracle import ExpectedFlight, flights_of
from testkit.state_vectors import START, state_vector
from tests.unit.processor.history.export.invented import to_rows
from tests.unit.processor.history.export.test_kml import NAMES, read, texts

MINUTE = 60


class Placemark(NamedTuple):
    """What a placemark and a flight have in common; times are Unix seconds."""

    icao24: str
    callsign: str | None
    first_seen: int
    last_seen: int


def observations() -> st.SearchStrategy[list[StateVector]]:
    """Return state vectors of two aircraft, around the limits that decide where flights end."""
    observation = st.builds(
        state_vector,
        icao24=st.sampled_from(["aaaaaa", "bbbbbb"]),
        last_contact=st.builds(
            lambda half_hours, seconds: START + 1_800 * half_hours + seconds,
            st.integers(0, 3),
            st.integers(0, 40),
        ),
        callsign=st.sampled_from([None, "SWR1", "SWR2", "SWR3"]),
        on_ground=st.booleans(),
        velocity=st.sampled_from([None, 10.0, 60.0, 240.0]),
        baro_altitude=st.sampled_from([None, 400.0, 11_000.0]),
        geo_altitude=st.sampled_from([None, 400.0, 11_000.0]),
    )
    return st.lists(observation, max_size=24, unique_by=lambda one: (one.icao24, one.last_contact))


def placemarks(vectors: list[StateVector], *, page_rows: int = 1_000) -> list[Placemark]:
    """Return the placemarks of a file of these state vectors."""
    rows = to_rows(sorted(vectors, key=lambda vector: (vector.icao24, vector.last_contact)))
    writer = TrackPlacemarks(STATE_VECTORS)
    content = writer.begin()
    for first in range(0, len(rows), page_rows):
        content += writer.add(rows[first : first + page_rows])
    root = read(content + writer.end())
    found = []
    for placemark in root.iterfind(".//k:Placemark", NAMES):
        (icao24,) = texts(placemark, ".//k:Data[@name='icao24']/k:value")
        callsigns = texts(placemark, ".//k:Data[@name='callsign']/k:value")
        times = [_unix_seconds(text) for text in texts(placemark, ".//k:when")]
        found.append(Placemark(icao24, next(iter(callsigns), None), min(times), max(times)))
    return found


def _unix_seconds(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).timestamp())


def stored(vectors: list[StateVector]) -> list[Placemark]:
    """Return what the archive stores of these state vectors, by the definition."""
    return [_placemark(flight) for flight in flights_of(vectors)]


def _placemark(flight: ExpectedFlight) -> Placemark:
    return Placemark(flight.icao24, flight.callsign, flight.first_seen, flight.last_seen)


@given(vectors=observations(), page_rows=st.integers(1, 5))
@settings(max_examples=400, deadline=None)
def test_placemarks_are_the_stored_flights(vectors: list[StateVector], page_rows: int) -> None:
    assert placemarks(vectors, page_rows=page_rows) == stored(vectors)


def test_a_take_off_after_a_landing_begins_a_placemark() -> None:
    """Ten minutes on the ground are no silence, but the next take-off is another flight."""
    minutes = [(minute, 5 <= minute <= 15) for minute in range(20)]
    vectors = [
        state_vector(
            "aaaaaa",
            START + MINUTE * minute,
            on_ground=on_ground,
            velocity=8.0 if on_ground else 200.0,
            baro_altitude=400.0,
        )
        for minute, on_ground in minutes
    ]
    assert len(stored(vectors)) == 2
    assert placemarks(vectors) == stored(vectors)


def test_a_callsign_that_is_corrected_on_the_ground_begins_no_placemark() -> None:
    callsigns = ["SWR1", "SWR1", "SWR2", "SWR2"]
    vectors = [
        state_vector("aaaaaa", START + MINUTE * n, callsign=callsign, on_ground=True, velocity=5.0)
        for n, callsign in enumerate(callsigns)
    ]
    assert len(stored(vectors)) == 1
    assert placemarks(vectors) == stored(vectors)


def test_contacts_without_a_position_are_no_silence() -> None:
    """They are in no line, but they belong to the flight."""
    vectors = [
        state_vector("aaaaaa", START + 20 * MINUTE * n, longitude=longitude)
        for n, longitude in enumerate((8.0, None, 9.0))
    ]
    [placemark] = placemarks(vectors)
    assert placemark == stored(vectors)[0]


def test_rows_with_stored_flights_are_not_segmented_again() -> None:
    """A file that begins amid a flight has the flights as they are stored."""
    landed, next_flight = (
        DetectedFlight(START, "SWR1", None),
        DetectedFlight(START + 60, None, None),
    )
    rows = to_rows([state_vector("aaaaaa", START + 20 * n) for n in range(6)])
    flights = [landed] * 3 + [next_flight] * 3
    writer = TrackPlacemarks(STATE_VECTORS_WITH_FLIGHTS)
    tagged = [row | {"flight": flight} for row, flight in zip(rows, flights, strict=True)]
    content = writer.begin() + writer.add(tagged[:2]) + writer.add(tagged[2:]) + writer.end()
    names = texts(read(content), ".//k:Placemark/k:name")
    assert names == ["SWR1", "aaaaaa"]
