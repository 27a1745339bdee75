"""KML files are valid by the schemas of OGC and Google, and hold what KML can say of the rows."""

import datetime as dt
from typing import Any, NamedTuple

from fastkml.validator import get_schema_parser
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]

from processor.archive.flights.segmentation import SILENCE_SECONDS
from processor.history.export.kml import MAX_POINTS, TrackPlacemarks, escape
from processor.history.export.table import ATTRIBUTION, FLIGHTS, STATE_VECTORS, TRACK, Table
from telemetry.state_vector import StateVector
from testkit.state_vectors import START, state_vector, state_vectors
from tests.unit.processor.history.export.invented import (
    ODD_TEXTS,
    flight_over_the_antimeridian,
    flight_rows,
    odd_rows,
    to_rows,
    written,
)

NAMES = {"k": "http://www.opengis.net/kml/2.2", "gx": "http://www.google.com/kml/ext/2.2"}


class TrackPoint(NamedTuple):
    """A point of a track, as read from a file."""

    icao24: str
    moment: dt.datetime
    longitude: float
    latitude: float
    altitude: float | None


def read(content: bytes) -> Any:  # noqa: ANN401 - lxml's
    """Read a file, and refuse an invalid one."""
    root = etree.fromstring(content)
    get_schema_parser().assertValid(root)
    return root


def texts(element: Any, path: str) -> list[str]:  # noqa: ANN401 - lxml's
    """Return the texts at a path."""
    return [found.text for found in element.iterfind(path, NAMES)]


def track_points(root: Any) -> list[TrackPoint]:  # noqa: ANN401 - lxml's
    """Return all points of the tracks."""
    found = []
    for placemark in root.iterfind(".//k:Placemark", NAMES):
        (icao24,) = texts(placemark, ".//k:Data[@name='icao24']/k:value")
        for track in placemark.iterfind(".//gx:Track", NAMES):
            is_absolute = texts(track, "k:altitudeMode") == ["absolute"]
            whens, coords = texts(track, "k:when"), texts(track, "gx:coord")
            for when, coord in zip(whens, coords, strict=True):
                longitude, latitude, altitude = map(float, coord.split(" "))
                moment = dt.datetime.fromisoformat(when)
                known = altitude if is_absolute else None
                found.append(TrackPoint(icao24, moment, longitude, latitude, known))
    return found


def expected(rows: list[dict[str, Any]]) -> list[TrackPoint]:
    """Return the points that the tracks should have: the geometric altitude is preferred."""
    return [
        TrackPoint(
            row["icao24"],
            row["last_contact"],
            row["longitude"],
            row["latitude"],
            _short(row["baro_altitude"] if row["geo_altitude"] is None else row["geo_altitude"]),
        )
        for row in rows
        if row["longitude"] is not None and row["latitude"] is not None
    ]


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


async def kml(table: Table, rows: list[dict[str, Any]]) -> Any:  # noqa: ANN401 - lxml's
    """Return the file of the rows, which must be valid."""
    return read(await written("kml", table, rows))


async def track(*vectors: StateVector) -> Any:  # noqa: ANN401 - lxml's
    """Return the file of state vectors, which must be valid."""
    return await kml(STATE_VECTORS, to_rows(vectors))


async def test_tracks_equal_the_rows() -> None:
    """Every position has its time and altitude; odd texts are kept."""
    root = await kml(STATE_VECTORS, odd_rows())
    assert track_points(root) == expected(odd_rows())
    assert texts(root, ".//k:Placemark/k:name") == [*ODD_TEXTS, "SWR7EA"]
    assert texts(root, ".//k:Data[@name='origin_country']/k:value")[: len(ODD_TEXTS)] == list(
        ODD_TEXTS
    )
    assert texts(root, "k:Document/k:description") == [ATTRIBUTION]


@given(st.lists(state_vectors(addresses=2), max_size=8, unique_by=lambda v: v.last_contact))
def test_any_rows_give_a_valid_file(vectors: list[StateVector]) -> None:
    """Each file has every position once."""
    rows = to_rows(sorted(vectors, key=lambda vector: (vector.icao24, vector.last_contact)))
    writer = TrackPlacemarks(STATE_VECTORS)
    content = writer.begin() + (writer.add(rows) if rows else b"") + writer.end()
    found, wanted = track_points(read(content)), expected(rows)
    assert [point[:4] for point in found] == [point[:4] for point in wanted]
    assert [point.altitude is None for point in found] == [p.altitude is None for p in wanted]


async def test_the_geometric_altitude_is_preferred() -> None:
    """KML defines altitudes as geometric."""
    both = state_vector("a", START, geo_altitude=100.0, baro_altitude=200.0)
    barometric = state_vector("a", START + 1, geo_altitude=None, baro_altitude=200.0)
    assert [point.altitude for point in track_points(await track(both, barometric))] == [
        100.0,
        200.0,
    ]


async def test_points_without_altitude_are_drawn_on_the_ground() -> None:
    """They form a track of their own: 0 m above the sea may be inside a mountain."""
    vectors = [
        state_vector("a", START + n, baro_altitude=altitude)
        for n, altitude in enumerate((None, None, 0.0, 50.0, None))
    ]
    root = await track(*vectors)
    assert [point.altitude for point in track_points(root)] == [None, None, 0.0, 50.0, None]
    assert texts(root, ".//gx:Track/k:altitudeMode") == [
        "clampToGround",
        "absolute",
        "clampToGround",
    ]
    assert len(texts(root, ".//k:Placemark")) == 1


async def test_a_flight_is_a_placemark() -> None:
    """Another aircraft, callsign (received twice) or half an hour of silence begins a new one."""
    silence = SILENCE_SECONDS
    root = await track(
        state_vector("a", START, callsign=None),
        state_vector("a", START + 10, callsign="ONE"),
        state_vector("a", START + 20, callsign=None),
        state_vector("a", START + 20 + silence, callsign="ONE"),
        state_vector("a", START + 21 + 2 * silence, callsign="ONE"),
        state_vector("a", START + 22 + 2 * silence, callsign="ONE"),
        state_vector("a", START + 30 + 2 * silence, callsign="TWO"),
        state_vector("a", START + 40 + 2 * silence, callsign=None),
        state_vector("a", START + 50 + 2 * silence, callsign="TWO"),
        state_vector("b", START, callsign="TWO"),
        state_vector("c", START, longitude=None),
    )
    found = [
        (*texts(placemark, "k:name"), len(texts(placemark, ".//gx:coord")))
        for placemark in root.iterfind(".//k:Placemark", NAMES)
    ]
    assert found == [("ONE", 4), ("ONE", 2), ("TWO", 3), ("TWO", 1)]


async def test_a_garbled_callsign_does_not_divide_a_flight() -> None:
    """A callsign received once counts as a mistake; no point is lost."""
    callsigns = ("TUI8EG", "TUI6G", None, "TUI8EG", "TUI6G", "TU8EG", "TUI8EG", "TUI6G")
    root = await track(
        *(state_vector("a", START + n, callsign=callsign) for n, callsign in enumerate(callsigns))
    )
    assert texts(root, ".//k:Placemark/k:name") == ["TUI8EG"]
    assert [point.moment.timestamp() - START for point in track_points(root)] == list(range(8))


async def test_no_line_goes_around_the_globe() -> None:
    """A track ends at the antimeridian, and the next one begins in the same placemark."""
    root = await track(
        *(
            state_vector("a", START + n, longitude=longitude)
            for n, longitude in enumerate((179.8, 179.9, -179.9, -179.8))
        )
    )
    tracks = [texts(one, "gx:coord") for one in root.iterfind(".//gx:Track", NAMES)]
    assert [len(coords) for coords in tracks] == [2, 2]
    assert len(texts(root, ".//k:Placemark")) == 1
    root = await kml(FLIGHTS, [flight_over_the_antimeridian()])
    boxes = texts(root, ".//k:MultiGeometry//k:coordinates")
    assert [box.split(" ")[0] for box in boxes] == ["177.4,-17.8,0", "-180.0,-17.8,0"]


async def test_implausible_positions_are_no_part_of_a_line() -> None:
    """Rows that are marked implausible are left out."""
    rows = to_rows([state_vector("a", START + n) for n in range(4)])
    marked = [row | {"implausible": n == 2} for n, row in enumerate(rows)]
    root = await kml(TRACK, marked)
    assert [point.moment.timestamp() - START for point in track_points(root)] == [0, 1, 3]


async def test_a_long_flight_is_encoded_in_parts() -> None:
    """Its placemark has several tracks, which programs join by interpolation."""
    vectors = [state_vector("a", START + n) for n in range(MAX_POINTS + 3)]
    root = await track(*vectors)
    assert [len(texts(one, "k:when")) for one in root.iterfind(".//gx:Track", NAMES)] == [
        MAX_POINTS,
        3,
    ]
    assert texts(root, ".//gx:MultiTrack/gx:interpolate") == ["1"]
    assert len(track_points(root)) == len(vectors)


async def test_flights_are_boxes_with_their_time() -> None:
    """They have all known fields as data."""
    root = await kml(FLIGHTS, flight_rows())
    known, hardly = root.iterfind(".//k:Placemark", NAMES)
    assert texts(known, "k:name") == ["=SWR&7EA"]
    assert texts(known, "k:TimeSpan/*") == ["2026-09-21T14:13:20Z", "2026-09-21T15:13:20.500000Z"]
    assert texts(known, ".//k:coordinates") == [
        "5.9,45.8,0 10.5,45.8,0 10.5,47.9,0 5.9,47.9,0 5.9,45.8,0"
    ]
    data = {one.get("name"): one[0].text for one in known.iterfind(".//k:Data", NAMES)}
    assert data["distance_km"] == "612.345678901234"
    assert data["max_altitude"] == "11887.2"
    assert data["take_off"] == "2026-09-21T14:14:20Z"
    assert "landing" not in data
    assert texts(hardly, ".//k:coordinates") == []


async def test_no_rows_are_an_empty_document() -> None:
    """An empty document is valid."""
    assert texts(await kml(STATE_VECTORS, []), ".//k:Placemark") == []


def test_characters_that_xml_has_no_way_to_write() -> None:
    """They are replaced by a visible character."""
    assert escape("a\0b\x1bc\ud800\ufffe") == "a\ufffdb\ufffdc\ufffd\ufffd"
    assert escape("<&>\"'") == "&lt;&amp;&gt;&quot;&#x27;"
