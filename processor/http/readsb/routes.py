"""Routes of the live state as readsb, api.adsb.lol and ADSBexchange (v2) offer them."""

import time
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response

from processor.access.gate import Gate
from processor.http.access.error_responses import NOT_ADMITTED, OVERLOADED
from processor.http.dependencies import Routes, provided
from processor.http.readsb.fields import KM_PER_NAUTICAL_MILE, ReadsbAnswer
from processor.http.readsb.receiver import Receiver
from processor.http.readsb.receiver_routes import router as receiver_router
from processor.http.readsb.requester import By
from processor.http.readsb.search import AircraftSearch
from processor.http.responses import schema_of
from processor.live.broadcaster import Broadcaster
from processor.stream.filter import MAX_VALUES, Circle

MAX_RADIUS_NM = 250
"""The largest radius that api.adsb.lol allows, in nautical miles."""

RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The requested aircraft, in readsb's fields and units.",
        "content": {"application/json": {"schema": schema_of(ReadsbAnswer)}},
    },
    503: {"description": "The live state is still being loaded; retry in a few seconds."},
    **OVERLOADED,
    **NOT_ADMITTED,
}

_BY_COMMA = f"several by comma, at most {MAX_VALUES}"

Latitude = Annotated[float, Path(ge=-90, le=90, description="Degrees", examples=[47.46])]
Longitude = Annotated[float, Path(ge=-180, le=180, description="Degrees", examples=[8.55])]
Radius = Annotated[float, Path(ge=0, le=MAX_RADIUS_NM, description="Nautical miles", examples=[25])]


def _several(one: str) -> dict[str, str]:
    """Return the pattern of values joined by commas, for generators of clients."""
    return {"pattern": rf"^\s*{one}\s*(,\s*{one}\s*)*$"}


Hexes = Annotated[
    str,
    Path(
        description=f"Transponder addresses, {_BY_COMMA}",
        examples=["4b1814,3c6444"],
        json_schema_extra=_several("[0-9A-Fa-f]{6}"),
    ),
]
Callsigns = Annotated[
    str,
    Path(
        description="Callsigns in either case; a * at the end stands for any characters;"
        f" {_BY_COMMA}",
        examples=["SWR7EA"],
        json_schema_extra=_several(r"([^,*\s][^,*]*\*?|\*)"),
    ),
]
Registrations = Annotated[
    str,
    Path(
        description=f"Registrations in either case, {_BY_COMMA}",
        examples=["HB-JCA"],
        json_schema_extra=_several(r"[^,\s][^,]*"),
    ),
]
Types = Annotated[
    str,
    Path(
        description=f"ICAO type designators, {_BY_COMMA}",
        examples=["A320,B738"],
        json_schema_extra=_several("[0-9A-Za-z]{2,4}"),
    ),
]
Squawks = Annotated[
    str,
    Path(
        description=f"Four octal digits, or emergency, {_BY_COMMA}",
        examples=["7700"],
        json_schema_extra=_several("([0-7]{4}|emergency)"),
    ),
]

router = APIRouter(prefix="/v2", tags=["readsb"])


def readsb_routes(
    *, broadcaster: Broadcaster, gate: Gate, clock: Callable[[], float] = time.time
) -> Routes:
    """Return the routes under the paths that existing programs use.

    Args:
        broadcaster: Holds the live state.
        gate: Admits the requests.
        clock: Returns Unix time in seconds, by the clock of the live state.
    """
    everything = APIRouter()
    everything.include_router(router)
    everything.include_router(receiver_router)
    services = (gate, AircraftSearch(broadcaster, clock), Receiver(broadcaster, clock))
    return Routes(everything, services)


Search = Annotated[AircraftSearch, Depends(provided(AircraftSearch))]


async def point(by: By, search: Search, lat: Latitude, lon: Longitude, radius: Radius) -> Response:
    """Return the aircraft around a point; also as `/v2/lat/{lat}/lon/{lon}/dist/{radius}`."""
    return await search.around(by, Circle(lat, lon, radius * KM_PER_NAUTICAL_MILE))


async def closest(
    by: By, search: Search, lat: Latitude, lon: Longitude, radius: Radius
) -> Response:
    """Return the aircraft that is closest to a point, or none."""
    circle = Circle(lat, lon, radius * KM_PER_NAUTICAL_MILE)
    return await search.around(by, circle, is_closest_wanted=True)


async def hexes(by: By, search: Search, hexes: Hexes) -> Response:
    """Return the aircraft with these addresses; also as `/v2/icao/{hexes}`."""
    return await search.select(by, "hexes", ("icao24", hexes))


async def callsigns(by: By, search: Search, callsigns: Callsigns) -> Response:
    """Return the aircraft with these callsigns, which may have a slash."""
    return await search.select(by, "callsigns", ("callsign", _without_slash(callsigns)))


async def registrations(by: By, search: Search, registrations: Registrations) -> Response:
    """Return the aircraft with these registrations; also as `/v2/reg/{registrations}`."""
    pair = ("registration", _without_slash(registrations))
    return await search.select(by, "registrations", pair)


async def types(by: By, search: Search, types: Types) -> Response:
    """Return the aircraft of these types."""
    return await search.select(by, "types", ("type", types))


async def military(by: By, search: Search) -> Response:
    """Return the aircraft that armed forces operate."""
    return await search.select(by, "military", ("military", "true"))


async def squawks(by: By, search: Search, squawks: Squawks) -> Response:
    """Return the aircraft with these transponder codes; also as `/v2/squawk/{squawks}`."""
    return await search.select(by, "squawks", ("squawk", squawks))


def _without_slash(values: str) -> str:
    """Return values without the slash that some programs add; a value of a slash alone stays."""
    shorter = values.removesuffix("/")
    return values if shorter.strip() == "" or shorter.rstrip().endswith(",") else shorter


def _add(endpoint: Callable[..., Any], path: str, *aliases: str) -> None:
    """Add a route under all its paths; not all programs follow redirects from `…/` to `…`."""
    router.add_api_route(path, endpoint, response_class=Response, responses=RESPONSES)
    for alias in (f"{path}/", *aliases, *(f"{alias}/" for alias in aliases)):
        router.add_api_route(alias, endpoint, include_in_schema=False)


_add(point, "/point/{lat}/{lon}/{radius}", "/lat/{lat}/lon/{lon}/dist/{radius}")
_add(closest, "/closest/{lat}/{lon}/{radius}")
_add(hexes, "/hex/{hexes}", "/icao/{hexes}")
# A part with slashes matches the second form only, one with line breaks the first only.
_add(callsigns, "/callsign/{callsigns}", "/callsign/{callsigns:path}")
_add(
    registrations,
    "/registration/{registrations}",
    "/reg/{registrations}",
    "/registration/{registrations:path}",
    "/reg/{registrations:path}",
)
_add(types, "/type/{types}")
_add(military, "/mil")
_add(squawks, "/sqk/{squawks}", "/squawk/{squawks}")
