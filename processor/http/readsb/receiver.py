"""The files that readsb writes for its map: all aircraft, the receiver and statistics."""

import asyncio
import time
from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta

from configuration.build_info import PACKAGE, installed_version
from processor.http.readsb.fields import ReadsbAircraft
from processor.http.readsb.requester import Requester
from processor.http.readsb.search import describe
from processor.live.broadcaster import Broadcaster
from processor.stream.encoder import ContentEncoding, compress
from processor.stream.query import parse_query

REFRESH_MILLISECONDS = 2_000
"""How often a map asks for the aircraft. Polls of OpenSky are further apart."""

KEPT_SECONDS = 1.0
"""How long an answer with all aircraft is kept for all clients: readsb writes its file as often."""


class ReceiverJson(msgspec.Struct, frozen=True):
    """`receiver.json`, without a position: there is no receiver, and no stored history here."""

    refresh: Annotated[int, Meta(description="Milliseconds between two requests of a map")]
    history: Annotated[int, Meta(description="Always 0: files of the past that could be asked for")]
    readsb: Annotated[bool, Meta(description="Always true: in the fields of readsb")]
    dbServer: Annotated[  # noqa: N815 - readsb's name
        bool, Meta(description="Always true: aircraft.json has registration and type")
    ]
    version: Annotated[str, Meta(description="Name and version of this program")]


class AircraftJson(msgspec.Struct, frozen=True):
    """`aircraft.json`."""

    now: Annotated[float, Meta(description="Unix seconds")]
    messages: Annotated[int, Meta(description="Messages of the topic so far; 0 inside areas")]
    aircraft: list[ReadsbAircraft]


class Cpr(msgspec.Struct, frozen=True):
    """Decoded positions, which OpenSky counts for itself."""

    global_ok: int = 0
    local_ok: int = 0


class Tracks(msgspec.Struct, frozen=True):
    """Aircraft that began to be received, likewise."""

    all: int = 0
    single_message: int = 0


class StatsPeriod(msgspec.Struct, frozen=True):
    """One period of `stats.json`; without `local` and `remote`, as there is no receiver."""

    start: Annotated[float, Meta(description="Unix seconds")]
    end: Annotated[float, Meta(description="Unix seconds")]
    messages: int
    cpu: dict[str, int] = {}
    cpr: Cpr = Cpr()
    tracks: Tracks = Tracks()


class StatsJson(msgspec.Struct, frozen=True):
    """`stats.json`, as far as collectors of statistics need it to go on to the aircraft."""

    now: Annotated[float, Meta(description="Unix seconds")]
    last1min: StatsPeriod
    total: StatsPeriod


class Receiver:
    """Describes the whole fleet as one receiver with readsb would.

    The answer with all aircraft is made once a second at most, however many clients ask for it.
    Principals with areas get one of their own.

    Args:
        broadcaster: Holds the live state.
        clock: Returns Unix time in seconds, by the clock of the live state.
        monotonic: Seconds of a clock that never steps.
    """

    def __init__(
        self,
        broadcaster: Broadcaster,
        clock: Callable[[], float],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._broadcaster = broadcaster
        self._clock = clock
        self._monotonic = monotonic
        self._started_at = clock()
        self._one_at_a_time = asyncio.Lock()
        self._kept: dict[ContentEncoding, bytes] = {}
        self._kept_until = 0.0

    async def aircraft(self, requester: Requester, encoding: ContentEncoding) -> bytes | None:
        """Return `aircraft.json`, encoded; None until the log was read to its end."""
        async with self._broadcaster.pacing.paced(requester.client):
            if requester.principal.areas:
                body = await self._write(requester)
                return None if body is None else await _compress(body, encoding)
            async with self._one_at_a_time:
                return await self._kept_or_new(requester, encoding)

    async def _kept_or_new(self, requester: Requester, encoding: ContentEncoding) -> bytes | None:
        if self._monotonic() >= self._kept_until or not self._broadcaster.is_open:
            self._kept = {}
        if "identity" not in self._kept:
            body = await self._write(requester)
            if body is None:
                return None
            self._kept = {"identity": body}
            self._kept_until = self._monotonic() + KEPT_SECONDS
        if encoding not in self._kept:
            self._kept[encoding] = await _compress(self._kept["identity"], encoding)
        return self._kept[encoding]

    async def _write(self, requester: Requester) -> bytes | None:
        areas = requester.principal.areas
        found = self._broadcaster.select(parse_query([], areas))
        if found is None:
            return None
        now, messages = self._clock(), 0 if areas else self._messages()
        content = AircraftJson(round(now, 3), messages, await describe(found, now))
        return await asyncio.to_thread(msgspec.json.encode, content)

    def _messages(self) -> int:
        tick = self._broadcaster.current_tick
        return 0 if tick is None else sum(tick.position.offsets)

    def receiver(self) -> ReceiverJson:
        """Return `receiver.json`."""
        return ReceiverJson(
            refresh=REFRESH_MILLISECONDS,
            history=0,
            readsb=True,
            dbServer=True,
            version=f"{PACKAGE} {installed_version() or 'unknown'}",
        )

    def stats(self) -> StatsJson:
        """Return `stats.json`."""
        now = round(self._clock(), 1)
        return StatsJson(
            now,
            last1min=StatsPeriod(now - 60, now, 0),
            total=StatsPeriod(round(self._started_at, 1), now, 0),
        )


async def _compress(body: bytes, encoding: ContentEncoding) -> bytes:
    return await asyncio.to_thread(compress, body, encoding)
