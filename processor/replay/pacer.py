"""When each moment of the past is due, and what a viewer is told while it waits for it."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Generic

from processor.live.broadcaster import Broadcaster
from processor.live.subscriber import Subscriber
from processor.replay.request import ReplayRequest
from processor.replay.state import ReplayState
from processor.stream.encoder import Frame


class Share:
    """All replays together take half of the event loop's time at the most: live comes first."""

    def __init__(self) -> None:
        self._free_at = 0.0

    async def wait(self) -> None:
        """Wait until replays have rested for as long as they have worked."""
        while (left := self._free_at - time.monotonic()) > 0:  # noqa: ASYNC110 - a time, which others put off
            await asyncio.sleep(left)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count the time of some work that does not wait."""
        begun_at = time.monotonic()
        yield
        ended_at = time.monotonic()
        self._free_at = ended_at + (ended_at - begun_at)


class Pacer(Generic[Frame]):
    """Waits; a viewer that cannot keep up gets everything all the same, later.

    Args:
        question: What the viewer looks at; when it looks at something else, waiting ends.
        heartbeat_seconds: The longest silence.
    """

    def __init__(
        self,
        *,
        broadcaster: Broadcaster,
        subscriber: Subscriber,
        question: ReplayRequest,
        heartbeat_seconds: float,
    ) -> None:
        self._broadcaster = broadcaster
        self._subscriber = subscriber
        self._question = question
        self._heartbeat_seconds = heartbeat_seconds
        self._begun_at = time.monotonic()
        self._beat_at = self._begun_at + heartbeat_seconds

    @property
    def is_left(self) -> bool:
        """Whether the stream is to end, or the viewer looks at something else."""
        return (
            self._broadcaster.close_reason_of(self._subscriber) is not None
            or self._subscriber.past is not self._question
        )

    async def until(self, moment: float, stage: ReplayState[Frame]) -> AsyncIterator[Frame]:
        """Wait until a moment of the past is due; yield heartbeats meanwhile."""
        speed, start = self._question.speed, self._question.start
        due_at = 0.0 if speed is None else self._begun_at + (moment - start) / speed
        # Whoever is late still lets the others have their turn.
        await asyncio.sleep(0)
        while not self.is_left:
            now = time.monotonic()
            for frame in self.beat(stage):
                yield frame
            if now >= due_at:
                return
            await self.wait(min(due_at, self._beat_at) - now)

    def beat(self, stage: ReplayState[Frame]) -> tuple[Frame, ...]:
        """Return a heartbeat if it is time for one."""
        now = time.monotonic()
        if now < self._beat_at:
            return ()
        self._beat_at = now + self._heartbeat_seconds
        return stage.beat()

    async def wait(self, seconds: float) -> None:
        """Wait for so long, or until something happens that may concern the viewer."""
        try:
            async with asyncio.timeout(seconds):
                await self._subscriber.wait()
        except TimeoutError:
            pass
