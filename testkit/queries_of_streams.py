"""Generates queries of streams, each with a filter that shares no code with the server."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from hypothesis import strategies as st

from telemetry.state_vector import FIELDS, StateVector

Query = list[tuple[str, str]]
Passes = Callable[[StateVector], bool]


@dataclass(frozen=True)
class Wanted:
    """A query, the condition of its filter, and its fields."""

    query: Query
    conditions: tuple[Passes, ...]
    pinned: frozenset[str]
    fields: tuple[str, ...]
    decimals: dict[str, int | None]

    def passes(self, state: StateVector) -> bool:
        """Whether a subscriber should hold this aircraft."""
        return state.icao24 in self.pinned or all(passes(state) for passes in self.conditions)

    def shown(self, state: StateVector) -> dict[str, Any]:
        """Return the fields of it that a subscriber should hold."""
        return {name: self._written(name, getattr(state, name)) for name in self.fields}

    def _written(self, name: str, value: object) -> object:
        if name in self.decimals and isinstance(value, float):
            return round(value, self.decimals[name])
        return msgspec.to_builtins(value)


_ROW_DECIMALS = {
    "baro_altitude": None,
    "geo_altitude": None,
    "velocity": 1,
    "true_track": 1,
    "vertical_rate": 1,
}

_Condition = tuple[Query, Passes]


def _inside(west: float, south: float, east: float, north: float) -> Passes:
    def passes(state: StateVector) -> bool:
        if state.longitude is None or state.latitude is None:
            return False
        is_between = (
            west <= state.longitude <= east
            if west <= east
            else (state.longitude >= west or state.longitude <= east)
        )
        return is_between and south <= state.latitude <= north

    return passes


@st.composite
def _bbox(draw: st.DrawFn) -> _Condition:
    boxes = []
    for _ in range(draw(st.integers(1, 2))):
        west, east = draw(st.integers(-180, 180)), draw(st.integers(-180, 180))
        south, north = sorted([draw(st.integers(-90, 90)), draw(st.integers(-90, 90))])
        boxes.append((west, south, east, north))
    query = [("bbox", ",".join(map(str, box))) for box in boxes]
    insides = [_inside(*box) for box in boxes]
    return query, lambda state: any(inside(state) for inside in insides)


@st.composite
def _near(draw: st.DrawFn) -> _Condition:
    latitude, longitude = draw(st.integers(-90, 90)), draw(st.integers(-180, 180))
    radius_km = draw(st.integers(1, 20_000))

    def passes(state: StateVector) -> bool:
        if state.longitude is None or state.latitude is None:
            return False
        return _distance_km(latitude, longitude, state.latitude, state.longitude) <= radius_km

    return [("near", f"{latitude},{longitude},{radius_km}")], passes


def _distance_km(latitude: float, longitude: float, other: float, other_longitude: float) -> float:
    """Return the great-circle distance by vectors, while the server uses the haversine formula."""
    one, two = _vector(latitude, longitude), _vector(other, other_longitude)
    cross = math.hypot(
        one[1] * two[2] - one[2] * two[1],
        one[2] * two[0] - one[0] * two[2],
        one[0] * two[1] - one[1] * two[0],
    )
    dot = sum(a * b for a, b in zip(one, two, strict=True))
    return 6371.0088 * math.atan2(cross, dot)


def _vector(latitude: float, longitude: float) -> tuple[float, float, float]:
    phi, theta = math.radians(latitude), math.radians(longitude)
    return math.cos(phi) * math.cos(theta), math.cos(phi) * math.sin(theta), math.sin(phi)


def _texts(name: str, field: str, values: list[str]) -> st.SearchStrategy[_Condition]:
    return st.lists(st.sampled_from(values), min_size=1, unique=True).map(
        lambda chosen: (
            [(name, ",".join(chosen))],
            lambda state: (
                (getattr(state, field) or "").casefold() in [one.casefold() for one in chosen]
            ),
        )
    )


def _prefix() -> st.SearchStrategy[_Condition]:
    return st.sampled_from(["S", "sw", ""]).map(
        lambda prefix: (
            [("callsign", f"{prefix}*")],
            lambda state: (
                state.callsign is not None
                and state.callsign.casefold().startswith(prefix.casefold())
            ),
        )
    )


def _bound(name: str, measure: Callable[[StateVector], float | None]) -> st.SearchStrategy[Any]:
    is_least = name.startswith("min")
    return st.integers(-1000, 20_000).map(
        lambda bound: (
            [(name, str(bound))],
            lambda state: (
                (value := measure(state)) is not None
                and (value >= bound if is_least else value <= bound)
            ),
        )
    )


def _altitude(state: StateVector) -> float | None:
    return state.geo_altitude if state.baro_altitude is None else state.baro_altitude


_CONDITIONS: st.SearchStrategy[_Condition] = st.one_of(
    _bbox(),
    _near(),
    _texts("icao24", "icao24", ["000000", "000001", "000003"]),
    _texts("callsign", "callsign", ["SWR7EA", "dlh1"]),
    _prefix(),
    _texts("country", "origin_country", ["Switzerland", "côte d'ivoire"]),
    st.sampled_from(["true", "false"]).map(
        lambda text: ([("on_ground", text)], lambda state: state.on_ground is (text == "true"))
    ),
    st.integers(0, 20).map(
        lambda number: ([("category", str(number))], lambda state: state.category == number)
    ),
    st.just(
        (
            [("squawk", "emergency,1000")],
            lambda state: state.squawk in {"7500", "7600", "7700", "1000"},
        )
    ),
    _bound("min_altitude", _altitude),
    _bound("max_altitude", _altitude),
    _bound("min_velocity", lambda state: state.velocity),
    _bound("max_velocity", lambda state: state.velocity),
)


@st.composite
def wanted(draw: st.DrawFn) -> Wanted:
    """Draw any filter of up to three conditions, any fields and any format but delta."""
    conditions = draw(
        st.lists(_CONDITIONS, max_size=3, unique_by=lambda condition: condition[0][0][0])
    )
    query = [pair for pairs, _ in conditions for pair in pairs]
    pinned = draw(st.sets(st.sampled_from(["000000", "000002"])))
    if pinned:
        query.append(("pinned", ",".join(sorted(pinned))))
    format_ = draw(st.sampled_from(["object", "row", "geojson"]))
    query.append(("format", format_))
    fields = draw(st.none() | st.sets(st.sampled_from(FIELDS), min_size=1))
    if fields is not None:
        query.append(("fields", ",".join(sorted(fields))))
    shown = [name for name in FIELDS if fields is None or name in fields or name == "icao24"]
    return Wanted(
        query,
        tuple(passes for _, passes in conditions),
        frozenset(pinned),
        tuple(shown),
        _ROW_DECIMALS if format_ == "row" else {},
    )
