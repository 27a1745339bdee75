"""An aircraft in readsb's fields has the numbers that a receiver with readsb would show."""

import math
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.http.readsb.fields import ReadsbAircraft, to_readsb
from processor.http.responses import schema_of
from processor.reference.identity import Identity
from processor.stream.filter import Circle
from telemetry.state_vector import StateVector
from testkit.state_vectors import START, state_vector, state_vectors

ZURICH = Circle(47.4647, 8.5492, 1)

_AIRCRAFT_SCHEMA = schema_of(ReadsbAircraft)


def _written(
    state: StateVector, now: float = START, centre: Circle | None = None
) -> dict[str, Any]:
    encoded = msgspec.json.encode(to_readsb(state, now, centre))
    return msgspec.json.decode(encoded, type=dict[str, Any])


def test_an_identity_has_the_fields_of_readsb_s_database() -> None:
    """They stand behind the callsign, and the year is a text (json_out.c of readsb)."""
    identity = Identity(
        registration="HB-JCA",
        type="A320",
        manufacturer="Airbus",
        model="A320 214",
        operator="Swiss",
        year_built=2001,
        military=True,
    )
    encoded = msgspec.json.encode(to_readsb(state_vector(), START, identity=identity))
    written = msgspec.json.decode(encoded, type=dict[str, Any])
    names = ["r", "t", "dbFlags", "desc", "ownOp", "year"]
    assert {name: written[name] for name in names} == {
        "r": "HB-JCA",
        "t": "A320",
        "dbFlags": 1,
        "desc": "Airbus A320 214",
        "ownOp": "Swiss",
        "year": "2001",
    }
    assert list(written)[2:9] == ["flight", *names]


def test_all_fields() -> None:
    """In readsb's order and units: feet, knots, feet per minute, a callsign of 8 characters."""
    state = state_vector(
        "4b1814",
        START,
        time_position=START - 2,
        geo_altitude=12_192.0,
        vertical_rate=-5.2,
        callsign="SWR7E",
    )
    written = _written(state, START + 1.26)
    assert written == {
        "hex": "4b1814",
        "type": "adsb_icao",
        "flight": "SWR7E   ",
        "ownOp": "Swiss",
        "alt_baro": 39_000,
        "alt_geom": 40_000,
        "gs": 466.8,
        "track": 287.97,
        "baro_rate": -1024,
        "squawk": "1000",
        "emergency": "none",
        "category": "A3",
        "lat": 47.4556,
        "lon": 8.5695,
        "seen_pos": 3.26,
        "spi": 0,
        "mlat": [],
        "tisb": [],
        "messages": 0,
        "seen": 1.3,
        "rssi": -49.5,
    }
    assert list(written)[:5] == ["hex", "type", "flight", "ownOp", "alt_baro"]


def test_what_was_not_received_is_left_out() -> None:
    """Only the fields that readsb always writes are there."""
    nothing = dict.fromkeys(
        (
            *("callsign", "time_position", "longitude", "latitude", "baro_altitude", "velocity"),
            *("true_track", "vertical_rate", "geo_altitude", "squawk", "category"),
        )
    )
    written = _written(state_vector("4b1814", START, **nothing), centre=ZURICH)
    assert set(written) == {
        *("hex", "type", "spi", "mlat", "tisb", "messages", "seen", "rssi"),
    }
    assert written["type"] == "mode_s"


def test_on_the_ground() -> None:
    """The altitude is the word `ground`, whatever was received."""
    assert _written(state_vector(on_ground=True))["alt_baro"] == "ground"
    assert _written(state_vector(on_ground=True, baro_altitude=None))["alt_baro"] == "ground"


@pytest.mark.parametrize(
    ("source", "name", "mlat"),
    [
        (0, "adsb_icao", []),
        (1, "other", []),
        (2, "mlat", ["lat", "lon"]),
        (3, "other", []),
        (9, "unknown", []),
    ],
)
def test_sources(source: int, name: str, mlat: list[str]) -> None:
    """OpenSky's sources have readsb's names, and an unknown source is `unknown`."""
    written = _written(state_vector(position_source=source))
    assert (written["type"], written["mlat"]) == (name, mlat)


def test_categories() -> None:
    """OpenSky's numbers follow the emitter categories; 0 and unknown numbers have none."""
    names = [_written(state_vector(category=n)).get("category") for n in (None, -1, *range(22))]
    assert names == [
        *(None, None, None, "A0", "A1", "A2", "A3", "A4", "A5", "A6", "A7"),
        *("B1", "B2", "B3", "B4", "B5", "B6", "B7", "C1", "C2", "C3", "C4", "C5", None),
    ]


@pytest.mark.parametrize(
    ("squawk", "emergency"),
    [("7500", "unlawful"), ("7600", "nordo"), ("7700", "general"), ("7000", "none")],
)
def test_emergencies(squawk: str, emergency: str) -> None:
    assert _written(state_vector(squawk=squawk))["emergency"] == emergency


@given(st.integers(-50, 2_400).map(lambda steps: 25 * steps))
def test_what_the_transponder_sent_comes_back(feet: int) -> None:
    """OpenSky's hundredths of a metre are finer than the 25 ft of a transponder."""
    state = state_vector(baro_altitude=round(feet * 0.3048, 2), velocity=round(feet / 25 / 1.94, 2))
    written = _written(state)
    assert written["alt_baro"] == feet
    assert written["gs"] == pytest.approx(state.velocity * 3600 / 1852, abs=0.05)  # type: ignore[operator]


@given(st.integers(-100, 100).map(lambda steps: 64 * steps))
def test_climbing_comes_back_nearly(feet_per_minute: int) -> None:
    """A hundredth of a m/s, OpenSky's last digit, is 2 ft/min."""
    state = state_vector(vertical_rate=round(feet_per_minute * 0.3048 / 60, 2))
    assert abs(_written(state)["baro_rate"] - feet_per_minute) <= 1


@given(state_vectors(times=(START - 600, START + 600)), st.none() | st.just(ZURICH))
def test_any_state_vector_can_be_written(state: StateVector, centre: Circle | None) -> None:
    """The result matches the schema, and no age is negative."""
    written = _written(state, centre=centre)
    jsonschema.validate(written, _AIRCRAFT_SCHEMA)
    assert written["seen"] >= 0
    assert written.get("seen_pos", 0) >= 0
    assert 0 <= written.get("dir", 0) < 360


@given(st.floats(-89, 89), st.floats(-180, 180), st.floats(-89, 89), st.floats(-180, 180))
def test_distance_and_direction(lat: float, lon: float, latitude: float, longitude: float) -> None:
    """Other formulas give the expected values: the angle of two vectors, and a flat triangle."""
    written = _written(
        state_vector(latitude=latitude, longitude=longitude), centre=Circle(lat, lon, 1)
    )
    here, there = _on_sphere(lat, lon), _on_sphere(latitude, longitude)
    chord = math.dist(here, there)
    assert written["dst"] == pytest.approx(6371.0088 / 1.852 * 2 * math.asin(chord / 2), abs=0.002)
    if not 1e-3 < chord < 1.9:
        return
    north = (-here[2] * _cosine(lon), -here[2] * _sine(lon), _cosine(lat))
    east = (-_sine(lon), _cosine(lon), 0.0)
    to_north, to_east = _dot(there, north), _dot(there, east)
    off = written["dir"] - math.degrees(math.atan2(to_east, to_north))
    assert abs((off + 180) % 360 - 180) <= 0.051


def _on_sphere(lat: float, lon: float) -> tuple[float, float, float]:
    return _cosine(lat) * _cosine(lon), _cosine(lat) * _sine(lon), _sine(lat)


def _sine(degrees: float) -> float:
    return math.sin(math.radians(degrees))


def _cosine(degrees: float) -> float:
    return math.cos(math.radians(degrees))


def _dot(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_a_position_of_2099_has_no_age() -> None:
    """The other fields are valid; a position one minute after the last contact still has an age."""
    for later, is_there in ((60, True), (61, False), (2_000_000_000, False)):
        written = _written(state_vector(time_position=START + later))
        assert ("seen_pos" in written) is is_there
