"""SERVE: the living picture as readsb, api.adsb.lol and ADSBexchange (v2) answer it."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, Path, Response
from fastapi.exceptions import RequestValidationError
from starlette.requests import HTTPConnection

from processor.access.gate import Gate
from processor.access.principal import LIVE, Principal
from processor.access.shares import Client
from processor.http.access.gate_middleware import OVER_SHARE, REFUSALS, require
from processor.http.answers import answer, schema_of
from processor.http.readsb.fields import (
    KM_PER_NAUTICAL_MILE,
    ReadsbAircraft,
    ReadsbAnswer,
    to_readsb,
)
from processor.http.stream.request import stream_client_of
from processor.live.broadcaster import Broadcaster
from processor.stream.aircraft import Aircraft
from processor.stream.filter import MAX_VALUES, Circle, FilterError
from processor.stream.query import parse_query

MAX_RADIUS = 250
"""Nautical miles, as there."""

SMALLEST_KM = 1e-9
"""For a radius of 0, which is allowed there: whoever is exactly at the point."""

AT_A_TIME = 250
"""Aircraft that are written before anybody else has a turn; a busy circle has thousands."""

RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The aircraft that are asked for, in readsb's fields and units.",
        "content": {"application/json": {"schema": schema_of(ReadsbAnswer)}},
    },
    503: {"description": "The picture is not whole yet."},
    **OVER_SHARE,
    **REFUSALS,
}

_BY_COMMA = f"several by comma, {MAX_VALUES} at the most"

Latitude = Annotated[float, Path(ge=-90, le=90, description="Degrees", examples=[47.46])]
Longitude = Annotated[float, Path(ge=-180, le=180, description="Degrees", examples=[8.55])]
Radius = Annotated[float, Path(ge=0, le=MAX_RADIUS, description="Nautical miles", examples=[25])]


def _several(one: str) -> dict[str, str]:
    """Describe values joined by commas, for whoever makes a program from the description."""
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
        description=f"Callsigns in either case, * at the end for any more, {_BY_COMMA}",
        examples=["SWR7EA"],
        json_schema_extra=_several(r"([^,*\s][^,*]*\*?|\*)"),
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


def readsb_routes(
    *, broadcaster: Broadcaster, gate: Gate, clock: Callable[[], float] = time.time
) -> APIRouter:
    """Make the routes under the paths that existing programs use.

    Args:
        broadcaster: Who knows the picture.
        gate: What is before it.
        clock: Unix time in seconds, the picture's.
    """
    router = APIRouter(prefix="/v2", tags=["readsb"])
    answers = _Answers(broadcaster, clock)
    admitted = require(gate, LIVE)

    async def ask(connection: HTTPConnection, principal: Annotated[Principal, admitted]) -> _Asker:
        return _Asker(principal, stream_client_of(connection, principal))

    asking = Depends(ask)

    async def point(
        asker: Annotated[_Asker, asking], lat: Latitude, lon: Longitude, radius: Radius
    ) -> Response:
        """Answer the aircraft around a point; also as `/v2/lat/{lat}/lon/{lon}/dist/{radius}`."""
        return await answers.around(asker, Circle(lat, lon, radius * KM_PER_NAUTICAL_MILE))

    async def closest(
        asker: Annotated[_Asker, asking], lat: Latitude, lon: Longitude, radius: Radius
    ) -> Response:
        """Answer the aircraft that is closest to a point, or none."""
        circle = Circle(lat, lon, radius * KM_PER_NAUTICAL_MILE)
        return await answers.around(asker, circle, is_closest_wanted=True)

    async def hexes(asker: Annotated[_Asker, asking], hexes: Hexes) -> Response:
        """Answer the aircraft with these addresses; also as `/v2/icao/{hexes}`."""
        return await answers.select(asker, "hexes", ("icao24", hexes))

    async def callsigns(asker: Annotated[_Asker, asking], callsigns: Callsigns) -> Response:
        """Answer the aircraft with these callsigns."""
        return await answers.select(asker, "callsigns", ("callsign", callsigns))

    async def squawks(asker: Annotated[_Asker, asking], squawks: Squawks) -> Response:
        """Answer the aircraft with these transponder codes; also as `/v2/squawk/{squawks}`."""
        return await answers.select(asker, "squawks", ("squawk", squawks))

    _add(router, point, "/point/{lat}/{lon}/{radius}", "/lat/{lat}/lon/{lon}/dist/{radius}")
    _add(router, closest, "/closest/{lat}/{lon}/{radius}")
    _add(router, hexes, "/hex/{hexes}", "/icao/{hexes}")
    _add(router, callsigns, "/callsign/{callsigns}")
    _add(router, squawks, "/sqk/{squawks}", "/squawk/{squawks}")
    return router


def _add(router: APIRouter, endpoint: Callable[..., Any], path: str, *aliases: str) -> None:
    """Add a route under all its paths; not all programs would follow from `…/` to `…`."""
    router.add_api_route(path, endpoint, response_class=Response, responses=RESPONSES)
    for alias in (f"{path}/", *aliases, *(f"{alias}/" for alias in aliases)):
        router.add_api_route(alias, endpoint, include_in_schema=False)


class _Asker(NamedTuple):
    """Who asks: what it may see, and with whom it shares its pace."""

    principal: Principal
    client: Client


class _Answers:
    """Looks aircraft up by the grammar of the stream, and writes them as readsb does."""

    def __init__(self, broadcaster: Broadcaster, clock: Callable[[], float]) -> None:
        self._broadcaster = broadcaster
        self._clock = clock

    async def around(
        self, asker: _Asker, circle: Circle, *, is_closest_wanted: bool = False
    ) -> Response:
        """Answer who is in a circle, or who of them is closest to its centre."""
        began = time.perf_counter()
        km = max(circle.radius_km, SMALLEST_KM)
        async with self._broadcaster.pacing.paced(asker.client):
            pair = ("near", f"{circle.latitude},{circle.longitude},{km}")
            found = self._find(asker.principal, pair)
            if found is None:
                return _not_yet()
            now = self._clock()
            written = await _describe(found, now, circle)
        if is_closest_wanted:
            written = sorted(written, key=lambda aircraft: aircraft.dst or 0)[:1]
        return _write(written, now, began)

    async def select(self, asker: _Asker, parameter: str, pair: tuple[str, str]) -> Response:
        """Answer who passes a filter.

        Raises:
            RequestValidationError: Naming the part of the path.
        """
        began = time.perf_counter()
        async with self._broadcaster.pacing.paced(asker.client):
            try:
                found = self._find(asker.principal, pair)
            except FilterError as error:
                detail = {"type": "filter", "loc": ("path", parameter), "msg": error.reason}
                raise RequestValidationError([detail]) from None
            if found is None:
                return _not_yet()
            now = self._clock()
            return _write(await _describe(found, now), now, began)

    def _find(self, principal: Principal, pair: tuple[str, str]) -> Sequence[Aircraft] | None:
        return self._broadcaster.select(parse_query([pair], principal.areas))


async def _describe(
    found: Sequence[Aircraft], now: float, centre: Circle | None = None
) -> list[ReadsbAircraft]:
    described: list[ReadsbAircraft] = []
    for first in range(0, len(found), AT_A_TIME):
        some = found[first : first + AT_A_TIME]
        described += [to_readsb(aircraft.state_vector, now, centre) for aircraft in some]
        await asyncio.sleep(0)
    return described


def _not_yet() -> Response:
    return Response(status_code=503, headers={"Retry-After": "1"})


def _write(aircraft: list[ReadsbAircraft], now: float, began: float) -> Response:
    milliseconds = int(now * 1000)
    return answer(
        ReadsbAnswer(
            ac=aircraft,
            msg="No error",
            now=milliseconds,
            total=len(aircraft),
            ctime=milliseconds,
            ptime=round((time.perf_counter() - began) * 1000),
        )
    )
