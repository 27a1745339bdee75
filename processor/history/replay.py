"""REPLAY: the past over the same stream, paced by event time; and from there into the present."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Generic, TypeVar

import msgspec
import structlog

from processor.access.shares import Client, ShareLimits, Shares
from processor.history.database import HistoryDatabase
from processor.history.errors import HistoryError, UnavailableError
from processor.history.replay_groups import Group, Grouping, span_of
from processor.history.replay_pace import Pace, Share
from processor.history.replay_question import Question
from processor.history.replay_recording import Reading, Recording
from processor.history.replay_stage import Stage
from processor.history.seam import LOST_ID, REACH_SECONDS, Seam, find_certainty
from processor.live.broadcaster import Broadcaster
from processor.live.viewer import Ending, Viewer
from processor.live.wire import Piece, Wire

log = structlog.get_logger()

PATIENCE_SECONDS = 20.0
"""How long a replay waits for a database that does not answer: shorter than proxies wait."""

WORTH_A_PASS_SECONDS = 30
"""Of event time that have become certain while what was before has been told."""

OVER = Ending("replayed", "the end of the replay")

Answer = TypeVar("Answer")


class ReplayLimits(msgspec.Struct, frozen=True):
    """What replays may cost, and how they are like the living picture.

    Attributes:
        places: Replays at a time, in this process.
        window_days: Between from and to.
        heartbeat_seconds: The longest silence.
        expiry_seconds: An aircraft that has been silent for so long is removed.
    """

    places: ShareLimits
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
        self.recording = Recording(database)
        self.share = Share()
        self._places = Shares("replays", limits.places, setting="history.max_replays")

    async def check(self, client: Client) -> None:
        """Find out whether the history can be read, and whether the client may have a replay.

        Raises:
            HistoryError: Not now.
            OverloadedError: There are too many, in all or of this client.
        """
        with self._places.held(client):
            await self.recording.check()

    async def stream(
        self, viewer: Viewer, wire: Wire[Piece], last_event_id: str
    ) -> AsyncIterator[Piece]:
        """Yield what is to be sent to a viewer, of the past and of the present, until it ends.

        Args:
            viewer: One that has entered; what it looks at may change at any time.
            wire: How it is written.
            last_event_id: What the viewer says it has seen last of the living picture.

        Raises:
            OverloadedError: There are too many replays, in all or of this client.
        """
        told: int | None = None
        while self.broadcaster.ending(viewer) is None:
            if not isinstance(viewer.past, Question):
                async for piece in self.broadcaster.follow(viewer, wire, last_event_id, told=told):
                    yield piece
                    del piece
                last_event_id, told = "", None
                continue
            with self._places.held(viewer.visitor):
                run = _Run(self, viewer, wire, viewer.past)
                async with aclosing(run.pieces()) as pieces:
                    async for piece in pieces:
                        yield piece
            last_event_id, told = run.last_event_id, run.told
        async for piece in self.broadcaster.farewell(viewer, wire):
            yield piece


class _Run(Generic[Piece]):
    """One replay of one viewer.

    Attributes:
        told: The turn of the living picture in which it has arrived, if it has,
        last_event_id: and where that stands.
    """

    def __init__(
        self, replay: Replay, viewer: Viewer, wire: Wire[Piece], question: Question
    ) -> None:
        self.told: int | None = None
        self.last_event_id = ""
        self._replay = replay
        self._viewer = viewer
        self._wire = wire
        self._question = question
        self._pace: Pace[Piece] = Pace(
            broadcaster=replay.broadcaster,
            viewer=viewer,
            question=question,
            heartbeat_seconds=replay.limits.heartbeat_seconds,
        )
        self._stage: Stage[Piece]
        self._told_until = question.start
        self._certain_until: int | None = None

    async def pieces(self) -> AsyncGenerator[Piece, None]:
        """Yield all that is told, from the first picture to the end of the replay, or to live."""
        try:
            for piece in await self._open():
                yield piece
            until = self._question.until
            rest = self._catch_up() if until is None else self._play_to_end(until)
            async for piece in rest:
                yield piece
        except HistoryError as error:
            log.warning("replay_interrupted", reason=str(error))
            self._viewer.end(Ending("history", f"{error}; go on from the last id"))

    async def _open(self) -> tuple[Piece, ...]:
        """Set the stage with the picture as it was at the beginning."""
        replay, question, expiry = self._replay, self._question, self._replay.limits.expiry_seconds
        before = await self._patiently(partial(replay.recording.before, question.start, expiry))
        self._stage = Stage(
            self._viewer.view,
            self._wire,
            start=question.start,
            before=before,
            expiry_seconds=expiry,
        )
        if question.opening == "nothing":
            return ()
        return self._stage.snapshot() if question.opening == "snapshot" else self._stage.reset()

    async def _play(self, start: int, until: int) -> AsyncIterator[Piece]:
        """Tell what was heard, group by group, each when it is due."""
        step = span_of(self._question.speed)
        async for group in self._groups(step, start, until):
            async for piece in self._wait_idly(group.since, step):
                yield piece
            async for piece in self._pace.until(group.until - 1, self._stage):
                yield piece
            await self._replay.share.wait()
            if self._pace.is_left:
                return
            with self._replay.share.counted():
                pieces = self._stage.take(group.until, group.state_vectors)
            for piece in pieces:
                yield piece

    async def _wait_idly(self, moment: int, step: int) -> AsyncIterator[Piece]:
        """Have those removed who fall silent before a moment."""
        for idle in self._stage.idle_moments(moment, step):
            async for piece in self._pace.until(idle, self._stage):
                yield piece
            if self._pace.is_left:
                return
            for piece in self._stage.pass_to(idle):
                yield piece

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

    async def _play_to_end(self, until: int) -> AsyncIterator[Piece]:
        """Tell all, and that it is over."""
        async for piece in self._play(self._question.start, until):
            yield piece
        async for piece in self._wait_idly(until, span_of(self._question.speed)):
            yield piece
        async for piece in self._pace.until(until - 1, self._stage):
            yield piece
        if not self._pace.is_left:
            for piece in (*self._stage.pass_to(until - 1), *self._stage.beat()):
                yield piece
            self._viewer.end(OVER)

    async def _catch_up(self) -> AsyncIterator[Piece]:
        """Tell all up to where nothing older can be stored any more, then cross into live.

        To read on from there page by page would skip what is stored between two pages: whatever
        is newer of the same aircraft would have been told.
        """
        while not self._pace.is_left:
            start = self._told_until
            async for piece in self._find_certain_until():
                yield piece
            if self._certain_until is None or self._certain_until < start + WORTH_A_PASS_SECONDS:
                break
            self._told_until = self._certain_until
            async for piece in self._play(start, self._told_until):
                yield piece
        if self._pace.is_left:
            return
        self._stage.leave_certainty()
        rest = self._cross() if self._certain_until is not None else self._play_uncertain()
        async for piece in rest:
            yield piece

    async def _find_certain_until(self) -> AsyncIterator[Piece]:
        """Find the moment up to which all is stored; None if it takes too long."""
        replay, give_up_at = self._replay, time.monotonic() + REACH_SECONDS
        find = partial(
            find_certainty, replay.broadcaster, replay.recording, self._pace, replay.clock
        )
        moment = await self._patiently(find)
        while moment is None and time.monotonic() < give_up_at and not self._pace.is_left:
            for piece in self._pace.beat(self._stage):
                yield piece
            moment = await self._patiently(find)
        expiry = replay.limits.expiry_seconds
        self._certain_until = None if moment is None else int(moment) - expiry

    async def _play_uncertain(self) -> AsyncIterator[Piece]:
        """Tell what is stored by now, and let the living picture begin anew."""
        async for piece in self._play(self._told_until, int(self._replay.clock()) + 1):
            yield piece
        if not self._pace.is_left:
            self._viewer.past, self.last_event_id = None, LOST_ID

    async def _cross(self) -> AsyncIterator[Piece]:
        seam = Seam(
            broadcaster=self._replay.broadcaster,
            recording=self._replay.recording,
            stage=self._stage,
            pace=self._pace,
            since=self._told_until,
            clock=self._replay.clock,
        )
        async for piece in seam.cross():
            yield piece
        if not self._pace.is_left:
            self._viewer.past = None
            self.told = seam.told
            self.last_event_id = seam.event_id

    async def _patiently(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """Ask again while the database does not answer."""
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return await ask()
            except UnavailableError:
                if time.monotonic() > give_up_at or self._pace.is_left:
                    raise
                await asyncio.sleep(1)
