"""When the events of a replay are due, and how much of the event loop all replays may use."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Generic

from processor.live.broadcaster import Broadcaster
from processor.live.subscriber import Subscriber
from processor.replay.state import ReplayState
from processor.stream.encoder import Frame
from processor.stream.replay_request import ReplayRequest


class CpuBudget:
    """Limits all replays together to half of the event loop's time: live streams come first."""

    def __init__(self) -> None:
        self._free_at = 0.0

    async def wait(self) -> None:
        """Wait until the replays have paused for as long as they have worked."""
        while (left := self._free_at - time.monotonic()) > 0:  # noqa: ASYNC110 - other replays move the time
            await asyncio.sleep(left)

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Measure some work that does not wait."""
        begun_at = time.monotonic()
        yield
        ended_at = time.monotonic()
        self._free_at = ended_at + (ended_at - begun_at)


class Pacer(Generic[Frame]):
    """Waits until each second of a replay is due.

    A subscriber that reads too slowly still receives every event, but later.

    Args:
        broadcaster: Knows whether the stream is to end.
        subscriber: The stream that receives the replay.
        request: What it asked for. When it asks for something else, all waiting ends.
        heartbeat_seconds: The longest time without an event.
    """

    def __init__(
        self,
        *,
        broadcaster: Broadcaster,
        subscriber: Subscriber,
        request: ReplayRequest,
        heartbeat_seconds: float,
    ) -> None:
        self._broadcaster = broadcaster
        self._subscriber = subscriber
        self._request = request
        self._heartbeat_seconds = heartbeat_seconds
        self._begun_at = time.monotonic()
        self._heartbeat_at = self._begun_at + heartbeat_seconds

    @property
    def is_cancelled(self) -> bool:
        """Whether the stream is to end, or the subscriber has asked for something else."""
        return (
            self._broadcaster.close_reason_of(self._subscriber) is not None
            or self._subscriber.replay_request is not self._request
        )

    async def wait_until_due(self, second: int, state: ReplayState[Frame]) -> AsyncIterator[Frame]:
        """Wait until a second of event time (Unix) is due, and yield heartbeats meanwhile."""
        speed, start = self._request.speed, self._request.start
        due_at = 0.0 if speed is None else self._begun_at + (second - start) / speed
        # A replay that is late must let other tasks run all the same.
        await asyncio.sleep(0)
        while not self.is_cancelled:
            now = time.monotonic()
            for frame in self.heartbeat_if_due(state):
                yield frame
            if now >= due_at:
                return
            await self.wait(min(due_at, self._heartbeat_at) - now)

    def heartbeat_if_due(self, state: ReplayState[Frame]) -> tuple[Frame, ...]:
        """Return a heartbeat as frames, or nothing if it is not time for one."""
        now = time.monotonic()
        if now < self._heartbeat_at:
            return ()
        self._heartbeat_at = now + self._heartbeat_seconds
        return state.heartbeat()

    async def wait(self, seconds: float) -> None:
        """Wait for so long, or until the subscriber is woken: its query or its end may be new."""
        try:
            async with asyncio.timeout(seconds):
                await self._subscriber.wait()
        except TimeoutError:
            pass
