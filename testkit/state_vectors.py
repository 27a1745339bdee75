"""Invented state vectors, for tests that need some and for hypothesis."""

from typing import Any

from hypothesis import strategies as st

from telemetry.state_vector import StateVector

START = 1_790_000_000
"""A time in 2026 from which invented times count (Unix seconds)."""

_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8).filter(
    lambda text: text.isprintable() and text == text.rstrip() and text.strip() != ""
)
_MEASURES = st.floats(-1e6, 1e6, allow_nan=False, width=32)


def state_vector(
    icao24: str = "4b1814", last_contact: int = START, **fields: object
) -> StateVector:
    """Return an airborne aircraft over the Alps; name what should differ."""
    defaults: dict[str, Any] = {
        "callsign": "SWR7EA",
        "origin_country": "Switzerland",
        "time_position": last_contact,
        "longitude": 8.5695,
        "latitude": 47.4556,
        "baro_altitude": 11_887.2,
        "on_ground": False,
        "velocity": 240.13,
        "true_track": 287.97,
        "vertical_rate": 0.0,
        "sensors": None,
        "geo_altitude": None,
        "squawk": "1000",
        "spi": False,
        "position_source": 0,
        "category": 4,
    }
    return StateVector(icao24=icao24, last_contact=last_contact, **(defaults | fields))


def state_vectors(
    *, addresses: int = 2**24, times: tuple[int, int] = (946_684_800, 4_102_444_799)
) -> st.SearchStrategy[StateVector]:
    """Return any state vector of that many aircraft between two times (Unix seconds)."""
    moments = st.integers(*times)
    return st.builds(
        StateVector,
        icao24=st.integers(0, addresses - 1).map(lambda number: f"{number:06x}"),
        callsign=st.none() | st.sampled_from(["SWR7EA", "DLH1"]) | _TEXT,
        origin_country=st.none() | st.sampled_from(["Switzerland", "Côte d'Ivoire"]) | _TEXT,
        time_position=st.none() | moments,
        last_contact=moments,
        longitude=st.none() | st.floats(-180, 180),
        latitude=st.none() | st.floats(-90, 90),
        baro_altitude=st.none() | _MEASURES,
        on_ground=st.booleans(),
        velocity=st.none() | _MEASURES,
        true_track=st.none() | _MEASURES,
        vertical_rate=st.none() | _MEASURES,
        sensors=st.none() | st.lists(st.integers(0, 2**31 - 1), max_size=3),
        geo_altitude=st.none() | _MEASURES,
        squawk=st.none() | st.just("7700") | st.from_regex("[0-7]{4}", fullmatch=True),
        spi=st.booleans(),
        position_source=st.integers(0, 3),
        category=st.none() | st.integers(-1, 20),
    )
