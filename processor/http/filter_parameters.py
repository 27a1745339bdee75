"""The grammar of filters as OpenAPI describes it, the same for every route that takes it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from processor.stream.query import FORMATS
from telemetry.state_vector import FIELDS

_SEVERAL = "several by comma or by repeating the parameter"

_REPEAT = " several by repeating the parameter"

_TEXTS: Mapping[str, tuple[str, str]] = {
    "bbox": (
        "Box in degrees, west,south,east,north (RFC 7946), which may cross the antimeridian;"
        + _REPEAT,
        "5.9,45.8,10.5,47.9",
    ),
    "near": (
        "Circle: latitude,longitude,kilometres;" + _REPEAT,
        "47.46,8.55,50",
    ),
    "icao24": (f"Transponder addresses, {_SEVERAL}", "4b1814,3c6444"),
    "callsign": (f"Callsigns, * at the end for any more characters, {_SEVERAL}", "SWR*"),
    "country": (f"Countries of registration in OpenSky's spelling, {_SEVERAL}", "Switzerland"),
    "category": (f"Kinds of aircraft, 0 to 20, {_SEVERAL}", "8"),
    "squawk": (f"Transponder codes, or emergency for 7500, 7600, 7700, {_SEVERAL}", "emergency"),
    "on_ground": ("true or false", "false"),
    "min_altitude": ("Metres, barometric, or geometric where only that was received", "3000"),
    "max_altitude": ("Metres, as above", "12000"),
    "min_velocity": ("Ground speed in m/s", "50"),
    "max_velocity": ("Ground speed in m/s", "300"),
    "pinned": (f"Addresses that pass every filter, {_SEVERAL}", "4b1814"),
    "fields": (f"Fields, {_SEVERAL}; icao24 is always there: {', '.join(FIELDS)}", "callsign"),
}


def describe_parameters(formats: Sequence[str] = FORMATS) -> dict[str, Any]:
    """Return what FastAPI adds to a route's description."""
    return {"parameters": [*_filters(), _format(formats)]}


def _filters() -> Iterator[Mapping[str, Any]]:
    for name, (text, example) in _TEXTS.items():
        yield {
            "name": name,
            "in": "query",
            "description": text,
            "schema": {"type": "array", "items": {"type": "string"}},
            "example": [example],
        }


def _format(formats: Sequence[str]) -> Mapping[str, Any]:
    return {
        "name": "format",
        "in": "query",
        "description": "How aircraft are written; docs/stream.md describes each",
        "schema": {"type": "string", "enum": list(formats), "default": "object"},
    }
