"""Makes the frames that a subscriber is sent: large ones in another thread, once for all."""

from collections.abc import Callable
from functools import partial

from processor.live.frame_cache import FramesOf
from processor.live.side_thread import SideThread
from processor.live.tick import AIRCRAFT_AT_ONCE, Tick
from processor.stream.encoder import Encoder, Frame
from processor.stream.log_position import EventId
from processor.stream.query import StreamQuery


class FrameMaker:
    """Frames of a whole large fleet are made in another thread.

    Those behind a filter or of few aircraft are small, and are made in the event loop: changing
    threads would take as long.

    Args:
        thread: The other thread.
    """

    def __init__(self, thread: SideThread) -> None:
        self._thread = thread

    async def changes(
        self, tick: Tick, query: StreamQuery, encoder: Encoder[Frame]
    ) -> tuple[Frame, ...]:
        """Return the changes of a tick."""
        work = partial(tick.frames, query, encoder)
        return await self._make(tick, "changes", query, encoder, work)

    async def snapshot(
        self, tick: Tick, query: StreamQuery, encoder: Encoder[Frame]
    ) -> tuple[Frame, ...]:
        """Return the snapshot of the newest tick."""
        work = tick.snapshot_work(query, encoder)
        return await self._make(tick, "snapshot", query, encoder, work)

    async def catch_up(
        self, tick: Tick, since: EventId | None, query: StreamQuery, encoder: Encoder[Frame]
    ) -> tuple[tuple[Frame, ...], bool]:
        """Return what was missed until the newest tick, and whether it is certainly complete."""
        work = tick.catch_up_work(since, query, encoder)
        if since is None or work is None:
            snapshot = await self.snapshot(tick, query, encoder)
            return (*tick.reset_frames(encoder), *snapshot), False
        return await self._make(tick, since, query, encoder, work), True

    async def _make(
        self,
        tick: Tick,
        content: FramesOf,
        query: StreamQuery,
        encoder: Encoder[Frame],
        work: Callable[[], tuple[Frame, ...]],
    ) -> tuple[Frame, ...]:
        if not query.filter.is_everything or tick.n_aircraft <= AIRCRAFT_AT_ONCE:
            return work()
        frames = tick.cache.find(content, query, encoder)
        if frames is None:
            key = (id(tick.cache), content, query.key, encoder.name)
            frames = await self._thread.run_once(key, work)
        return frames
