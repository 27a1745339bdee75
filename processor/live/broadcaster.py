"""BROADCAST: one frame for all viewers; who falls behind gets what is newest, and no queue."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

import msgspec

from processor.live import frames
from processor.live.frames import Pieces
from processor.live.metrics import LiveMetrics
from processor.live.position import Position
from processor.live.tracker import Changes, Tracker

REACH_SECONDS = 5.0
"""How long a viewer may wait that comes from an instance which has read further than this one."""


FAREWELL_SECONDS = 1.0
"""How long a viewer may take for its last event."""


class _Turn(msgspec.Struct, frozen=True):
    """What is sent at one tick; `passed` wakes those who wait for the next."""

    number: int
    position: Position
    pieces: Pieces
    passed: asyncio.Event


class _Known(msgspec.Struct, frozen=True):
    """What a viewer has been told: everything up to a turn and a position."""

    turn: _Turn
    position: Position


class Broadcaster:
    """Keeps no queue for anybody: a viewer is the last turn that it has taken.

    Who has taken the turn before gets the bytes that all get. Who has not is behind, and gets
    what changed since its position, every aircraft once, so the most that it can ever be owed is
    the fleet. A viewer that returns with a Last-Event-ID is nothing but one that is behind.
    """

    def __init__(
        self,
        *,
        metrics: LiveMetrics,
        max_viewers: int,
        retry_milliseconds: int,
        drain_seconds: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._metrics = metrics
        self._max_viewers = max_viewers
        self._retry_milliseconds = retry_milliseconds
        self._drain_seconds = drain_seconds
        self._clock = clock
        self._tracker: Tracker
        self._turn = _Turn(0, Position("", ()), (), asyncio.Event())
        self._snapshot: tuple[_Known, Pieces] | None = None
        self._catch_up: tuple[Position, int, Pieces] | None = None
        self._viewers = 0
        self._is_open = asyncio.Event()
        self._is_closing = False

    @property
    def is_open(self) -> bool:
        """Whether the picture is whole and viewers are served."""
        return self._is_open.is_set() and not self._is_closing

    def begin(self, tracker: Tracker) -> None:
        """Take another tracker, of a log that is read anew; viewers wait until `open`."""
        self._is_open.clear()
        self._tracker = tracker

    def open(self) -> None:
        """Serve: the tracker has read the log to its end."""
        self._tracker.expire()
        self._tracker.take_changes()
        # Two turns, so that who was here before a log was read anew finds itself behind.
        self._publish(b"")
        self._publish(b"")
        self._is_open.set()

    def tick(self, *, is_beat: bool = False) -> None:
        """Tell all viewers what changed since the last tick, and, at times, that we are alive."""
        self._tracker.expire()
        changes = self._tracker.take_changes()
        self._metrics.aircraft.set(len(self._tracker))
        if changes or is_beat:
            # Nobody can be at the turn before when nobody is here, so nobody wants the frame.
            self._publish(self._frame(changes, is_beat=is_beat) if self._viewers else b"")

    def _frame(self, changes: Changes, *, is_beat: bool) -> bytes:
        position, now = self._tracker.position, self._clock()
        frame = frames.changes(changes, position, now)
        return frame + frames.heartbeat(len(self._tracker), position, now) if is_beat else frame

    def close(self) -> None:
        """Send everybody away, spread over the drain time."""
        self._is_closing = True
        self._is_open.set()
        self._turn.passed.set()

    async def wait_empty(self, *, hurry: asyncio.Event) -> None:
        """Wait until everybody has gone, the drain time at the most, or until told to hurry."""
        give_up_at = time.monotonic() + self._drain_seconds + FAREWELL_SECONDS
        while self._viewers and not hurry.is_set() and time.monotonic() < give_up_at:  # noqa: ASYNC110 - once in a life
            await asyncio.sleep(0.05)

    def _publish(self, frame: bytes) -> None:
        last = self._turn
        self._turn = _Turn(
            last.number + 1, self._tracker.position, frames.cut(frame), asyncio.Event()
        )
        self._snapshot = self._catch_up = None
        last.passed.set()

    async def stream(
        self, last_event_id: Position | None, *, is_return: bool
    ) -> AsyncIterator[bytes]:
        """Yield the bytes for one viewer until it leaves or we close.

        Args:
            last_event_id: Up to where the viewer has seen the log, if that can be read.
            is_return: Whether the viewer named an event at all.
        """
        yield frames.greeting(self._retry())
        if self._viewers >= self._max_viewers:
            self._metrics.closed.labels("overloaded").inc()
            yield self._farewell("overloaded", f"{self._max_viewers} viewers are here already")
            return
        with self._counted():
            await self._is_open.wait()
            if not self._is_closing:
                async for piece in self._follow(last_event_id, is_return=is_return):
                    yield piece
            # So that they do not all come back at the same moment.
            await asyncio.sleep(random.uniform(0, self._drain_seconds))  # noqa: S311 - a spread
            yield self._farewell("bye", "the server is shutting down")

    async def _follow(
        self, last_event_id: Position | None, *, is_return: bool
    ) -> AsyncIterator[bytes]:
        known, pieces = await self._welcome(last_event_id, is_return=is_return)
        while True:
            for piece in pieces:
                yield piece
            await known.turn.passed.wait()
            await self._is_open.wait()
            if self._is_closing:
                return
            known, pieces = self._next(known)

    async def _welcome(
        self, last_event_id: Position | None, *, is_return: bool
    ) -> tuple[_Known, Pieces]:
        """Go on where the viewer left if nothing is missing, else begin with a snapshot."""
        if not is_return:
            return self._whole()
        if last_event_id is not None and await self._reaches(last_event_id):
            self._metrics.resumed.labels("recovered").inc()
            return self._current(), self._missed(last_event_id)
        self._metrics.resumed.labels("reset").inc()
        return self._reset()

    async def _reaches(self, position: Position) -> bool:
        """Whether a viewer's position can be gone on from, at once or very soon."""
        give_up_at = time.monotonic() + REACH_SECONDS
        while self._tracker.can_resume(position):
            if position.is_within(self._tracker.position):
                return True
            if time.monotonic() > give_up_at:
                return False
            await asyncio.sleep(0.05)
        return False

    def _next(self, known: _Known) -> tuple[_Known, Pieces]:
        """Return the shared frame, or what a viewer has missed that is behind."""
        if self._turn.number == known.turn.number + 1:
            return self._current(), self._turn.pieces
        if not self._tracker.can_resume(known.position):
            return self._reset()
        self._metrics.conflated.inc()
        return self._current(), self._missed(known.position)

    def _current(self) -> _Known:
        return _Known(self._turn, self._turn.position)

    def _missed(self, since: Position) -> Pieces:
        """Return what changed since a position; many are often behind by the same."""
        if self._catch_up is None or self._catch_up[:2] != (since, self._turn.number):
            changes = self._tracker.changes_since(since)
            frame = frames.changes(changes, self._tracker.position, self._clock())
            self._catch_up = since, self._turn.number, frames.cut(frame)
        return self._catch_up[2]

    def _reset(self) -> tuple[_Known, Pieces]:
        known, pieces = self._whole()
        return known, (frames.reset("what was missed is not known for certain"), *pieces)

    def _whole(self) -> tuple[_Known, Pieces]:
        """Return a snapshot, made once for all who come between two turns."""
        if self._snapshot is None:
            position = self._tracker.position
            frame = frames.snapshot(self._tracker.snapshot(), position, self._clock())
            self._snapshot = _Known(self._turn, position), frames.cut(frame)
        return self._snapshot

    def _retry(self) -> int:
        """Return milliseconds that differ from viewer to viewer."""
        return int(self._retry_milliseconds * random.uniform(1, 2))  # noqa: S311 - a spread

    def _farewell(self, event: str, reason: str) -> bytes:
        return frames.farewell(event, reason, self._retry())

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self._viewers += 1
        self._metrics.viewers.set(self._viewers)
        try:
            yield
        finally:
            self._viewers -= 1
            self._metrics.viewers.set(self._viewers)
