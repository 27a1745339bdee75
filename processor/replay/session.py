"""Serve replays: stored state vectors over the stream, and from there on the live stream."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import Generic, TypeVar

import msgspec
import structlog

from processor.access.slots import Client, SlotLimits, Slots
from processor.history.database import HistoryDatabase
from processor.history.errors import HistoryError, RetryLaterError
from processor.live.broadcaster import Broadcaster
from processor.live.subscriber import CloseReason, Subscriber
from processor.reference.identities import Identities
from processor.replay.handover import (
    MAX_ARCHIVE_WAIT_SECONDS,
    UNKNOWN_ID,
    Handover,
    find_stored_time,
)
from processor.replay.pacer import CpuBudget, Pacer
from processor.replay.rows import PageReader, ReplayRows, TickDivider, TickRows, tick_seconds
from processor.replay.state import ReplayState
from processor.stream.encoder import Encoder, Frame
from processor.stream.replay_request import ReplayRequest
from telemetry.state_vector import StateVector

log = structlog.get_logger()

DATABASE_WAIT_SECONDS = 20.0
"""How long a replay waits for a database that does not answer: less than proxies wait for data."""

MIN_PASS_SECONDS = 30
"""Event time that must have been stored while a replay played, for it to play on page by page. What
is left after that is sent by the handover."""

FINISHED = CloseReason("replayed", "the end of the replay")

Result = TypeVar("Result")


class ReplayLimits(msgspec.Struct, frozen=True):
    """What replays may cost, and the times that they share with the live stream.

    Attributes:
        places: How many replays may be open at a time in this process.
        window_days: The longest time range of one replay.
        heartbeat_seconds: The longest time without an event.
        expiry_seconds: An aircraft is removed when nothing was received for so long.
    """

    places: SlotLimits
    window_days: int
    heartbeat_seconds: float
    expiry_seconds: int


class Replay:
    """Serves subscribers that ask for a part of the past; opens no connection before one does."""

    def __init__(
        self,
        *,
        broadcaster: Broadcaster,
        database: HistoryDatabase,
        limits: ReplayLimits,
        clock: Callable[[], float] = time.time,
        identities: Identities | None = None,
    ) -> None:
        self.identities = identities or Identities()
        self.limits = limits
        self.clock = clock
        self.broadcaster = broadcaster
        self.rows = ReplayRows(database)
        self.cpu_budget = CpuBudget()
        self._places = Slots("replays", limits.places, setting="history.max_replays")

    async def check(self, client: Client) -> None:
        """Find out whether the history can be read, and whether a client may open a replay.

        Raises:
            HistoryError: The history cannot be read.
            OverloadedError: Too many replays are open, in all or of this client.
        """
        with self._places.held(client):
            await self.rows.check()

    async def stream(
        self, subscriber: Subscriber, encoder: Encoder[Frame], last_event_id: str
    ) -> AsyncIterator[Frame]:
        """Yield the frames of a subscriber, replayed and live ones, until its stream ends.

        Args:
            subscriber: A subscriber that has entered; what it asks for may change at any time.
            encoder: Turns events into frames.
            last_event_id: The id of the last live event that the client received; empty if none.

        Raises:
            OverloadedError: Too many replays are open, in all or of this client.
        """
        tick_number: int | None = None
        while self.broadcaster.close_reason_of(subscriber) is None:
            request = subscriber.replay_request
            if request is None:
                async for frame in self.broadcaster.live_frames(
                    subscriber, encoder, last_event_id, tick_number=tick_number
                ):
                    yield frame
                    del frame
                last_event_id, tick_number = "", None
                continue
            with self._places.held(subscriber.client):
                session = ReplaySession(self, subscriber, encoder, request)
                async with aclosing(session.frames()) as frames:
                    async for frame in frames:
                        yield frame
            last_event_id, tick_number = session.last_event_id, session.tick_number
        async for frame in self.broadcaster.close_frames(subscriber, encoder):
            yield frame


class ReplaySession(Generic[Frame]):
    """One replay for one subscriber: reads, paces and sends, and hands over to the live stream.

    Attributes:
        tick_number: The live tick at which the subscriber goes on; None if there is none, or if the
            live stream is to begin with a reset.
        last_event_id: The event id of that tick; empty if the replay did not reach the present.
    """

    def __init__(
        self,
        replay: Replay,
        subscriber: Subscriber,
        encoder: Encoder[Frame],
        request: ReplayRequest,
    ) -> None:
        self.tick_number: int | None = None
        self.last_event_id = ""
        self._replay = replay
        self._subscriber = subscriber
        self._encoder = encoder
        self._request = request
        self._tick_seconds = tick_seconds(request.speed)
        self._pacer: Pacer[Frame] = Pacer(
            broadcaster=replay.broadcaster,
            subscriber=subscriber,
            request=request,
            heartbeat_seconds=replay.limits.heartbeat_seconds,
        )
        self._state: ReplayState[Frame]
        self._played_until = request.start
        self._stored_until: int | None = None

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """Yield all frames, from the opening to the end of the replay or to the live stream."""
        try:
            for frame in await self._open():
                yield frame
            end = self._request.end
            rest = self._play_to_present() if end is None else self._play_to_end(end)
            async for frame in rest:
                yield frame
        except HistoryError as error:
            log.warning("replay_interrupted", reason=str(error))
            self._subscriber.end(
                CloseReason("history", f"{error}; reconnect with the last event id to go on")
            )

    async def _open(self) -> tuple[Frame, ...]:
        """Read the aircraft as they were at the start, and return the opening events."""
        request, expiry_seconds = self._request, self._replay.limits.expiry_seconds
        read = partial(self._replay.rows.newest_before, request.start, expiry_seconds)
        before = await self._retry(read)
        await self._identify(before)
        query = self._subscriber.query
        self._state = ReplayState(
            query,
            self._encoder,
            start=request.start,
            before=before,
            expiry_seconds=expiry_seconds,
            identities=self._replay.identities if query.has_identity else None,
        )
        if request.opening == "nothing":
            return ()
        return self._state.snapshot() if request.opening == "snapshot" else self._state.reset()

    async def _play(self, start: int, end: int) -> AsyncIterator[Frame]:
        """Send the state vectors of a time range (Unix seconds), each tick when it is due."""
        async for tick in self._ticks(start, end):
            async for frame in self._remove_expired_until(tick.start):
                yield frame
            async for frame in self._pacer.wait_until_due(tick.end - 1, self._state):
                yield frame
            await self._replay.cpu_budget.wait()
            if self._pacer.is_cancelled:
                return
            with self._replay.cpu_budget.measured():
                frames = self._state.tick(tick.end, tick.state_vectors)
            for frame in frames:
                yield frame

    async def _remove_expired_until(self, second: int) -> AsyncIterator[Frame]:
        """Send the removals of aircraft that expire before a second, each when it is due."""
        for idle in self._state.seconds_without_data(second, self._tick_seconds):
            async for frame in self._pacer.wait_until_due(idle, self._state):
                yield frame
            if self._pacer.is_cancelled:
                return
            for frame in self._state.advance_to(idle):
                yield frame

    async def _ticks(self, start: int, end: int) -> AsyncIterator[TickRows]:
        """Read page by page, each when the page before has been sent."""
        divider = TickDivider(self._tick_seconds)
        reader = PageReader(self._replay.rows, start, end)
        while not reader.is_at_end and not self._pacer.is_cancelled:
            found = self._state.visible(await self._retry(reader.next_page))
            await self._identify(found)
            for tick in divider.add(found):
                yield tick
        for tick in divider.end():
            yield tick

    async def _identify(self, state_vectors: Sequence[StateVector]) -> None:
        """Find out who the aircraft are before they are sent, if the subscriber asks for it."""
        if self._subscriber.query.has_identity:
            await self._replay.identities.find(state.icao24 for state in state_vectors)

    async def _play_to_end(self, end: int) -> AsyncIterator[Frame]:
        """Send all state vectors of a range that ends in the past, and close the stream."""
        async for frame in self._play(self._request.start, end):
            yield frame
        async for frame in self._remove_expired_until(end):
            yield frame
        async for frame in self._pacer.wait_until_due(end - 1, self._state):
            yield frame
        if not self._pacer.is_cancelled:
            for frame in (*self._state.advance_to(end - 1), *self._state.heartbeat()):
                yield frame
            self._subscriber.end(FINISHED)

    async def _play_to_present(self) -> AsyncIterator[Frame]:
        """Send everything up to the time at which no older message can be stored, then hand over.

        To read on page by page beyond that time would skip rows that are stored between two pages,
        because a newer state vector of the same aircraft would have been sent already.
        """
        while not self._pacer.is_cancelled:
            start = self._played_until
            async for frame in self._find_stored_until():
                yield frame
            if self._stored_until is None or self._stored_until < start + MIN_PASS_SECONDS:
                break
            self._played_until = self._stored_until
            async for frame in self._play(start, self._played_until):
                yield frame
        if self._pacer.is_cancelled:
            return
        self._state.begin_handover()
        rest = self._play_incomplete() if self._stored_until is None else self._hand_over()
        async for frame in rest:
            yield frame

    async def _find_stored_until(self) -> AsyncIterator[Frame]:
        """Find the second up to which all is stored, if there is one; send heartbeats."""
        replay, give_up_at = self._replay, time.monotonic() + MAX_ARCHIVE_WAIT_SECONDS
        find = partial(find_stored_time, replay.broadcaster, replay.rows, self._pacer, replay.clock)
        found = await self._retry(find)
        while found is None and time.monotonic() < give_up_at and not self._pacer.is_cancelled:
            for frame in self._pacer.heartbeat_if_due(self._state):
                yield frame
            found = await self._retry(find)
        expiry_seconds = replay.limits.expiry_seconds
        self._stored_until = None if found is None else int(found) - expiry_seconds

    async def _play_incomplete(self) -> AsyncIterator[Frame]:
        """Send what is stored, from which messages may be missing; a live reset follows."""
        async for frame in self._play(self._played_until, int(self._replay.clock()) + 1):
            yield frame
        if not self._pacer.is_cancelled:
            self._subscriber.replay_request, self.last_event_id = None, UNKNOWN_ID

    async def _hand_over(self) -> AsyncIterator[Frame]:
        handover = Handover(
            broadcaster=self._replay.broadcaster,
            rows=self._replay.rows,
            state=self._state,
            pacer=self._pacer,
            start=self._played_until,
            clock=self._replay.clock,
        )
        async for frame in handover.frames():
            yield frame
        if not self._pacer.is_cancelled:
            self._subscriber.replay_request = None
            self.tick_number = handover.tick_number
            self.last_event_id = handover.event_id

    async def _retry(self, read: Callable[[], Awaitable[Result]]) -> Result:
        """Read, and try again each second while the database does not answer.

        Raises:
            HistoryError: The history cannot be read, or not for `DATABASE_WAIT_SECONDS`.
        """
        give_up_at = time.monotonic() + DATABASE_WAIT_SECONDS
        while True:
            try:
                return await read()
            except RetryLaterError:
                if time.monotonic() > give_up_at or self._pacer.is_cancelled:
                    raise
                await asyncio.sleep(1)
