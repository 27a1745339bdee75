"""Find live aircraft, and describe them in readsb's fields."""

import asyncio
import time
from collections.abc import Callable, Sequence

from fastapi import Response
from fastapi.exceptions import RequestValidationError

from processor.access.principal import Principal
from processor.http.readsb.fields import ReadsbAircraft, ReadsbAnswer, to_readsb
from processor.http.readsb.requester import Requester
from processor.http.responses import respond
from processor.live.broadcaster import Broadcaster
from processor.stream.aircraft import Aircraft
from processor.stream.filter import Circle, FilterError
from processor.stream.query import parse_query

SMALLEST_KM = 1e-9
"""Stands for a radius of 0, which readsb allows: aircraft exactly at the point."""

BATCH_AIRCRAFT = 250
"""Aircraft that are described before other tasks run; a busy circle has thousands."""


class AircraftSearch:
    """Selects aircraft with the stream's filters.

    Args:
        broadcaster: Holds the live state.
        clock: Returns Unix time in seconds, by the clock of the live state.
    """

    def __init__(self, broadcaster: Broadcaster, clock: Callable[[], float]) -> None:
        self._broadcaster = broadcaster
        self._clock = clock

    async def around(
        self, requester: Requester, circle: Circle, *, is_closest_wanted: bool = False
    ) -> Response:
        """Return the aircraft in a circle, or the one that is closest to its centre."""
        started_at = time.perf_counter()
        km = max(circle.radius_km, SMALLEST_KM)
        async with self._broadcaster.pacing.paced(requester.client):
            pair = ("near", f"{circle.latitude},{circle.longitude},{km}")
            found = self._find(requester.principal, pair)
            if found is None:
                return respond_not_loaded()
            now = self._clock()
            described = await describe(found, now, circle)
        if is_closest_wanted:
            described = sorted(described, key=lambda aircraft: aircraft.dst or 0)[:1]
        return _respond(described, now, started_at)

    async def select(self, requester: Requester, parameter: str, pair: tuple[str, str]) -> Response:
        """Return the aircraft that pass a filter.

        Raises:
            RequestValidationError: The part of the path cannot be used; the error names it.
        """
        started_at = time.perf_counter()
        async with self._broadcaster.pacing.paced(requester.client):
            try:
                found = self._find(requester.principal, pair)
            except FilterError as error:
                detail = {"type": "filter", "loc": ("path", parameter), "msg": error.reason}
                raise RequestValidationError([detail]) from None
            if found is None:
                return respond_not_loaded()
            now = self._clock()
            return _respond(await describe(found, now), now, started_at)

    def _find(self, principal: Principal, pair: tuple[str, str]) -> Sequence[Aircraft] | None:
        return self._broadcaster.select(parse_query([pair], principal.areas))


async def describe(
    found: Sequence[Aircraft], now: float, centre: Circle | None = None
) -> list[ReadsbAircraft]:
    """Return aircraft in readsb's fields; other tasks run meanwhile."""
    described: list[ReadsbAircraft] = []
    for first in range(0, len(found), BATCH_AIRCRAFT):
        batch = found[first : first + BATCH_AIRCRAFT]
        described += [
            to_readsb(aircraft.state_vector, now, centre, aircraft.identity) for aircraft in batch
        ]
        await asyncio.sleep(0)
    return described


def respond_not_loaded() -> Response:
    """Respond before the log was read to its end."""
    return Response(status_code=503, headers={"Retry-After": "1"})


def _respond(aircraft: list[ReadsbAircraft], now: float, started_at: float) -> Response:
    milliseconds = int(now * 1000)
    return respond(
        ReadsbAnswer(
            ac=aircraft,
            msg="No error",
            now=milliseconds,
            total=len(aircraft),
            ctime=milliseconds,
            ptime=round((time.perf_counter() - started_at) * 1000),
        )
    )
