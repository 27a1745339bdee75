"""REPLAY: the past over the same stream, paced by event time; and from there into the present."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Generic, TypeVar

import msgspec
import structlog

from processor.access.slots import Client, SlotLimits, Slots
from processor.history.database import HistoryDatabase
from processor.history.errors import HistoryError, UnavailableError
from processor.live.broadcaster import Broadcaster
from processor.live.subscriber import CloseReason, Subscriber
from processor.replay.groups import Group, Grouping, span_of
from processor.replay.handover import LOST_ID, REACH_SECONDS, Handover, find_certainty
from processor.replay.pacer import Pacer, Share
from processor.replay.request import ReplayRequest
from processor.replay.rows import Reading, ReplayRows
from processor.replay.state import ReplayState
from processor.stream.encoder import Encoder, Frame

log = structlog.get_logger()

PATIENCE_SECONDS = 20.0
"""How long a replay waits for a database that does not answer: shorter than proxies wait."""

WORTH_A_PASS_SECONDS = 30
"""Of event time that have become certain while what was before has been told."""

OVER = CloseReason("replayed", "the end of the replay")

Answer = TypeVar("Answer")


class ReplayLimits(msgspec.Struct, frozen=True):
    """What replays may cost, and how they are like the living picture.

    Attributes:
        places: Replays at a time, in this process.
        window_days: Between from and to.
        heartbeat_seconds: The longest silence.
        expiry_seconds: An aircraft that has been silent for so long is removed.
    """

    places: SlotLimits
    window_days: int
    heartbeat_seconds: float
    expiry_seconds: int


class Replay:
    """Serves viewers that look at the past; nothing of it is opened before one does."""

    def __init__(
        self,
        *,
        broadcaster: Broadcaster,
        database: HistoryDatabase,
        limits: ReplayLimits,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.limits = limits
        self.clock = clock
        self.broadcaster = broadcaster
        self.recording = ReplayRows(database)
        self.share = Share()
        self._places = Slots("replays", limits.places, setting="history.max_replays")

    async def check(self, client: Client) -> None:
        """Find out whether the history can be read, and whether the client may have a replay.

        Raises:
            HistoryError: Not now.
            OverloadedError: There are too many, in all or of this client.
        """
        with self._places.held(client):
            await self.recording.check()

    async def stream(
        self, subscriber: Subscriber, wire: Encoder[Frame], last_event_id: str
    ) -> AsyncIterator[Frame]:
        """Yield what is to be sent to a viewer, of the past and of the present, until it ends.

        Args:
            subscriber: One that has entered; what it looks at may change at any time.
            wire: How it is written.
            last_event_id: What the viewer says it has seen last of the living picture.

        Raises:
            OverloadedError: There are too many replays, in all or of this client.
        """
        sent: int | None = None
        while self.broadcaster.ending(subscriber) is None:
            if not isinstance(subscriber.past, ReplayRequest):
                async for frame in self.broadcaster.follow(
                    subscriber, wire, last_event_id, sent=sent
                ):
                    yield frame
                    del frame
                last_event_id, sent = "", None
                continue
            with self._places.held(subscriber.client):
                run = _Run(self, subscriber, wire, subscriber.past)
                async with aclosing(run.frames()) as frames:
                    async for frame in frames:
                        yield frame
            last_event_id, sent = run.last_event_id, run.sent
        async for frame in self.broadcaster.close_event(subscriber, wire):
            yield frame


class _Run(Generic[Frame]):
    """One replay of one viewer.

    Attributes:
        sent: The turn of the living picture in which it has arrived, if it has,
        last_event_id: and where that stands.
    """

    def __init__(
        self, replay: Replay, subscriber: Subscriber, wire: Encoder[Frame], question: ReplayRequest
    ) -> None:
        self.sent: int | None = None
        self.last_event_id = ""
        self._replay = replay
        self._subscriber = subscriber
        self._wire = wire
        self._question = question
        self._pace: Pacer[Frame] = Pacer(
            broadcaster=replay.broadcaster,
            subscriber=subscriber,
            question=question,
            heartbeat_seconds=replay.limits.heartbeat_seconds,
        )
        self._stage: ReplayState[Frame]
        self._sent_until = question.start
        self._certain_until: int | None = None

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """Yield all that is told, from the first picture to the end of the replay, or to live."""
        try:
            for frame in await self._open():
                yield frame
            until = self._question.until
            rest = self._catch_up() if until is None else self._play_to_end(until)
            async for frame in rest:
                yield frame
        except HistoryError as error:
            log.warning("replay_interrupted", reason=str(error))
            self._subscriber.end(CloseReason("history", f"{error}; go on from the last id"))

    async def _open(self) -> tuple[Frame, ...]:
        """Set the stage with the picture as it was at the beginning."""
        replay, question, expiry = self._replay, self._question, self._replay.limits.expiry_seconds
        before = await self._patiently(partial(replay.recording.before, question.start, expiry))
        self._stage = ReplayState(
            self._subscriber.view,
            self._wire,
            start=question.start,
            before=before,
            expiry_seconds=expiry,
        )
        if question.opening == "nothing":
            return ()
        return self._stage.snapshot() if question.opening == "snapshot" else self._stage.reset()

    async def _play(self, start: int, until: int) -> AsyncIterator[Frame]:
        """Tell what was heard, group by group, each when it is due."""
        step = span_of(self._question.speed)
        async for group in self._groups(step, start, until):
            async for frame in self._wait_idly(group.since, step):
                yield frame
            async for frame in self._pace.until(group.until - 1, self._stage):
                yield frame
            await self._replay.share.wait()
            if self._pace.is_left:
                return
            with self._replay.share.counted():
                frames = self._stage.take(group.until, group.state_vectors)
            for frame in frames:
                yield frame

    async def _wait_idly(self, moment: int, step: int) -> AsyncIterator[Frame]:
        """Have those removed who fall silent before a moment."""
        for idle in self._stage.idle_moments(moment, step):
            async for frame in self._pace.until(idle, self._stage):
                yield frame
            if self._pace.is_left:
                return
            for frame in self._stage.pass_to(idle):
                yield frame

    async def _groups(self, span_seconds: int, start: int, until: int) -> AsyncIterator[Group]:
        """Read page by page, each when the one before has been told."""
        grouping = Grouping(span_seconds)
        reading = Reading(self._replay.recording, start, until)
        while not reading.is_at_end and not self._pace.is_left:
            found = self._stage.admit(await self._patiently(reading.more))
            for group in grouping.add(found):
                yield group
        for group in grouping.end():
            yield group

    async def _play_to_end(self, until: int) -> AsyncIterator[Frame]:
        """Tell all, and that it is over."""
        async for frame in self._play(self._question.start, until):
            yield frame
        async for frame in self._wait_idly(until, span_of(self._question.speed)):
            yield frame
        async for frame in self._pace.until(until - 1, self._stage):
            yield frame
        if not self._pace.is_left:
            for frame in (*self._stage.pass_to(until - 1), *self._stage.beat()):
                yield frame
            self._subscriber.end(OVER)

    async def _catch_up(self) -> AsyncIterator[Frame]:
        """Tell all up to where nothing older can be stored any more, then cross into live.

        To read on from there page by page would skip what is stored between two pages: whatever
        is newer of the same aircraft would have been told.
        """
        while not self._pace.is_left:
            start = self._sent_until
            async for frame in self._find_certain_until():
                yield frame
            if self._certain_until is None or self._certain_until < start + WORTH_A_PASS_SECONDS:
                break
            self._sent_until = self._certain_until
            async for frame in self._play(start, self._sent_until):
                yield frame
        if self._pace.is_left:
            return
        self._stage.leave_certainty()
        rest = self._cross() if self._certain_until is not None else self._play_uncertain()
        async for frame in rest:
            yield frame

    async def _find_certain_until(self) -> AsyncIterator[Frame]:
        """Find the moment up to which all is stored; None if it takes too long."""
        replay, give_up_at = self._replay, time.monotonic() + REACH_SECONDS
        find = partial(
            find_certainty, replay.broadcaster, replay.recording, self._pace, replay.clock
        )
        moment = await self._patiently(find)
        while moment is None and time.monotonic() < give_up_at and not self._pace.is_left:
            for frame in self._pace.beat(self._stage):
                yield frame
            moment = await self._patiently(find)
        expiry = replay.limits.expiry_seconds
        self._certain_until = None if moment is None else int(moment) - expiry

    async def _play_uncertain(self) -> AsyncIterator[Frame]:
        """Tell what is stored by now, and let the living picture begin anew."""
        async for frame in self._play(self._sent_until, int(self._replay.clock()) + 1):
            yield frame
        if not self._pace.is_left:
            self._subscriber.past, self.last_event_id = None, LOST_ID

    async def _cross(self) -> AsyncIterator[Frame]:
        seam = Handover(
            broadcaster=self._replay.broadcaster,
            recording=self._replay.recording,
            stage=self._stage,
            pace=self._pace,
            since=self._sent_until,
            clock=self._replay.clock,
        )
        async for frame in seam.cross():
            yield frame
        if not self._pace.is_left:
            self._subscriber.past = None
            self.sent = seam.sent
            self.last_event_id = seam.event_id

    async def _patiently(self, request: Callable[[], Awaitable[Answer]]) -> Answer:
        """Ask again while the database does not answer."""
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return await request()
            except UnavailableError:
                if time.monotonic() > give_up_at or self._pace.is_left:
                    raise
                await asyncio.sleep(1)
