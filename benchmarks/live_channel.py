"""The live half over the invented fleet, which moves by one poll at a time."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

from fastapi import APIRouter

from processor.http.page import BUILT
from processor.http.server.connections import OpenConnections, SocketLimits
from processor.live.broadcaster import Broadcaster
from processor.live.fleet import Update
from processor.settings import LiveSettings, ProcessorSettings, SseSettings
from processor.stream.log_position import LogPosition
from telemetry.state_vector import StateVector
from testkit.application import Application
from testkit.traffic import InventedFleet

POLL_SECONDS = 5
"""The time that passes for the fleet between two polls, however fast they come."""

MANY = 1_000_000
"""A bound on connections and streams that no benchmark reaches."""

SSE = SseSettings(
    heartbeat_seconds=300,  # so that no heartbeat comes between two measured events
    write_deadline_seconds=300,  # so that clients which stall on purpose stay connected
    max_viewers=MANY,
    max_viewers_per_address=MANY,
)
LIVE = LiveSettings()
_BEGINNING = LogPosition("benchmark", (0,))


def many_connections() -> OpenConnections:
    """Return an object that counts connections and refuses none."""
    return OpenConnections(SocketLimits(total=MANY, per_address=MANY))


class TimedBroadcaster(Broadcaster):
    """Notes the time of the first tick since `ticked_at` was None (monotonic seconds)."""

    ticked_at: float | None = None

    async def publish(self, *, is_heartbeat: bool = False) -> None:
        """Publish what has changed, and note the time at which that begins."""
        if self.ticked_at is None:
            self.ticked_at = time.monotonic()
        await super().publish(is_heartbeat=is_heartbeat)


class LivePart(Application):
    """The application of the processor, whose ticker receives messages from the benchmark.

    Args:
        clock: Gives the time of the fleet (Unix seconds); None for `now`.
        live: The settings of the live state.
        routers: Further routes.
        built: The folder of the built page.
    """

    def __init__(
        self,
        clock: Callable[[], float] | None = None,
        *,
        live: LiveSettings = LIVE,
        routers: Sequence[APIRouter] = (),
        built: Path = BUILT,
    ) -> None:
        super().__init__(
            ProcessorSettings(sse=SSE, live=live),
            clock=clock,
            routers=routers,
            has_history=False,
            built=built,
            broadcaster_class=TimedBroadcaster,
        )
        self.ticker = self.create_ticker()

    def begin_with(self, states: Sequence[StateVector]) -> None:
        """Open the streams with these aircraft."""
        self.ticker.begin(_BEGINNING, _BEGINNING)
        self.ticker.receive(self.updates(states))
        self.ticker.caught_up()


class LiveChannel(LivePart):
    """A live half whose fleet moves when the benchmark says so."""

    def __init__(
        self, *, live: LiveSettings = LIVE, routers: Sequence[APIRouter] = (), built: Path = BUILT
    ) -> None:
        super().__init__(live=live, routers=routers, built=built)
        self.now = int(time.time())
        self._invented = InventedFleet(now=self.now)

    def serve(self) -> int:
        """Serve the whole fleet and return the port."""
        self.begin_with(self._invented.states())
        self._ticking = asyncio.create_task(self.ticker.run())
        return self.start(connections=many_connections())

    def prepare(self) -> list[Update]:
        """Move the fleet on by a poll, and return the messages that publish it."""
        self.now += POLL_SECONDS
        return self.updates(self._invented.move(int(self.now)))

    def prepare_visitors(self, count: int) -> list[Update]:
        """Return the messages of so many aircraft that appear once."""
        return self.updates(self._invented.visitors(int(self.now), count))

    def receive_updates(self, updates: list[Update]) -> None:
        """Hand messages to the ticker as the reader of the log does."""
        cast("TimedBroadcaster", self.broadcaster).ticked_at = None
        self.ticker.receive(updates)

    @property
    def ticked_at(self) -> float:
        """When the newest messages began to be sent (monotonic seconds)."""
        return cast("TimedBroadcaster", self.broadcaster).ticked_at or 0.0
