"""Describe the query parameters of filters for OpenAPI, for every route that takes them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from processor.stream.output_format import ALL_FIELDS
from processor.stream.query import FORMATS

_SEVERAL = "several by comma or by repeating the parameter"

_REPEATED = " several by repeating the parameter"

_TEXTS: Mapping[str, tuple[str, str]] = {
    "bbox": (
        "Box in degrees, west,south,east,north (RFC 7946); it may cross the antimeridian;"
        + _REPEATED,
        "5.9,45.8,10.5,47.9",
    ),
    "near": (
        "Circle: latitude,longitude,kilometres;" + _REPEATED,
        "47.46,8.55,50",
    ),
    "icao24": (f"Transponder addresses, {_SEVERAL}", "4b1814,3c6444"),
    "callsign": (f"Callsigns; a * at the end stands for any characters; {_SEVERAL}", "SWR*"),
    "country": (f"Countries of registration in OpenSky's spelling, {_SEVERAL}", "Switzerland"),
    "category": (f"Categories of aircraft, 0 to 20, {_SEVERAL}", "8"),
    "squawk": (f"Transponder codes, or emergency for 7500, 7600, 7700, {_SEVERAL}", "emergency"),
    "on_ground": ("true or false", "false"),
    "registration": (f"Registrations in either case, {_SEVERAL}", "HB-JCA"),
    "type": (f"ICAO type designators, {_SEVERAL}", "A320"),
    "operator": (f"Operators, by name or by three letters, {_SEVERAL}", "SWR"),
    "military": ("true or false", "false"),
    "min_altitude": ("Metres, barometric, or geometric if only that was received", "3000"),
    "max_altitude": ("Metres, like min_altitude", "12000"),
    "min_velocity": ("Ground speed in m/s", "50"),
    "max_velocity": ("Ground speed in m/s", "300"),
    "pinned": (f"Addresses that pass every filter, {_SEVERAL}", "4b1814"),
    "fields": (
        f"Fields of each aircraft, {_SEVERAL}; icao24 is always included: {', '.join(ALL_FIELDS)}",
        "callsign",
    ),
}


def describe_parameters(formats: Sequence[str] = FORMATS) -> dict[str, Any]:
    """Return the parameters, as FastAPI adds them to the description of a route.

    Args:
        formats: The formats that the route offers.
    """
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
        "description": "Output format of aircraft; docs/stream.md describes each",
        "schema": {"type": "string", "enum": list(formats), "default": "object"},
    }
