"""The half that streams: reader, live state and replays, built from the settings."""

import asyncio
import time

from prometheus_client import CollectorRegistry

from configuration.tracing import NO_TRACING, Tracing
from processor.access.slots import SlotLimits
from processor.history.database import HistoryDatabase
from processor.http.health import Checks, holds
from processor.live.broadcaster import Broadcaster
from processor.live.connection_limits import ConnectionLimits
from processor.live.data_clock import DataClock
from processor.live.first_frame import FirstFrame
from processor.live.identification import Identification
from processor.live.lifetime import Lifetime
from processor.live.metrics import LiveMetrics
from processor.live.reader import LiveReader
from processor.live.ticker import Ticker
from processor.log_watch import LogEnds, LogWatch, ReadProgress
from processor.reference.identities import Identities
from processor.replay.session import Replay, ReplayLimits
from processor.settings import ProcessorSettings, SseSettings
from processor.supervisor import BETWEEN_ATTEMPTS, retrieve_exceptions

STALLED_SECONDS = 30
"""How long a partition may hold unread messages before its reader counts as stalled. A busy event
loop delays a read by seconds at most."""


class LiveHalf:
    """Keeps the live state and its subscribers; only replays need the database.

    Attributes:
        broadcaster: Streams the live state.
        clock: The time of the data.
        metrics: Counts subscribers.
        replay: Streams the past.
    """

    name = "live"

    def __init__(
        self,
        settings: ProcessorSettings,
        registry: CollectorRegistry,
        history: HistoryDatabase,
        tracing: Tracing = NO_TRACING,
        identities: Identities | None = None,
    ) -> None:
        self.metrics = metrics = LiveMetrics(registry)
        self.clock = clock = DataClock()
        first_frame = FirstFrame(tracing)
        self.broadcaster = Broadcaster(
            metrics=metrics,
            limits=limits_of(settings.sse),
            lifetime=lifetime_of(settings.sse),
            clock=clock,
            expiry_clock=time.time,
            first_frame=first_frame,
        )
        self._ticker = Ticker(
            settings=settings.live,
            heartbeat_seconds=settings.sse.heartbeat_seconds,
            broadcaster=self.broadcaster,
            metrics=metrics,
            clock=clock,
            first_frame=first_frame,
        )
        identities = identities or Identities()
        self._identification = Identification(identities, lambda: self._ticker.fleet)
        self._settings = settings
        self._reader: LiveReader | None = None
        self._watch: LogWatch | None = None
        self._progress = ReadProgress(STALLED_SECONDS)
        self._tasks: list[asyncio.Task[None]] = []
        self.replay = Replay(
            broadcaster=self.broadcaster,
            database=history,
            limits=replay_limits_of(settings),
            clock=clock,
            identities=identities,
        )

    def begin(self) -> list[asyncio.Task[None]]:
        """Start the reader in a thread, and the ticks in the event loop."""
        self._reader = LiveReader(
            kafka=self._settings.kafka,
            live=self._settings.live,
            receiver=self._ticker,
            loop=asyncio.get_running_loop(),
        )
        self._progress = progress = ReadProgress(STALLED_SECONDS)
        self._watch = watch = LogWatch(self._settings.kafka, take=self._observe)
        self.metrics.watch_lag(lambda: progress.lag_messages, lambda: watch.age_seconds)
        self._tasks = [
            asyncio.create_task(asyncio.to_thread(self._reader.run), name="live reader"),
            asyncio.create_task(self._ticker.run(), name="live ticker"),
            asyncio.create_task(watch.run(), name="live log watch"),
            asyncio.create_task(self._identification.run(), name="live identification"),
        ]
        return self._tasks

    def _observe(self, look: LogEnds) -> None:
        if self._reader is not None:
            self._reader.observe(look)
            self._progress.observe(self._reader.next_offsets, look.ends)

    async def end(self) -> None:
        """Stop reading, and suspend the streams, because the live state ages."""
        if self._reader is None:
            return
        self._reader.stop()
        _reading, *others = self._tasks
        for task in others:
            task.cancel()
        await asyncio.wait(self._tasks)
        retrieve_exceptions(*self._tasks)
        self.broadcaster.suspend()

    async def close(self, *, hurry: asyncio.Event) -> None:
        """Close every stream, spread over the drain time unless `hurry` is set."""
        self.broadcaster.close()
        await self.broadcaster.wait_until_empty(hurry=hurry)

    def checks(self) -> Checks:
        """Return the checks: the log was read to its end, and is read on."""
        return {
            "live_picture": holds(
                when=lambda: self.broadcaster.is_open,
                otherwise="the topic has not been read to its end yet",
            ),
            "live_kafka": self._kafka_trouble,
            "live_reading": lambda: self._progress.trouble,
        }

    def _kafka_trouble(self) -> str | None:
        if self._reader is None or self._watch is None:
            return BETWEEN_ATTEMPTS
        return self._reader.broker_trouble or self._watch.trouble

    def observations(self) -> Checks:
        """Return by how much the host's clock differs from the time of the data."""
        return {"clock": self._ticker.clock_trouble}


def replay_limits_of(settings: ProcessorSettings) -> ReplayLimits:
    """Return the limits of replay from the settings."""
    return ReplayLimits(
        places=SlotLimits(
            settings.history.max_replays,
            per_principal=settings.history.max_replays_per_principal,
            per_address=settings.history.max_replays_per_address,
        ),
        window_days=settings.history.max_window_days,
        heartbeat_seconds=settings.sse.heartbeat_seconds,
        expiry_seconds=settings.live.expiry_seconds,
    )


def limits_of(settings: SseSettings) -> ConnectionLimits:
    """Return the connection limits from the settings."""
    return ConnectionLimits(
        subscribers=settings.max_viewers,
        per_address=settings.max_viewers_per_address,
        per_principal=settings.max_viewers_per_principal,
        selections=SlotLimits(
            total=settings.max_field_selections,
            per_principal=settings.max_field_selections_per_principal,
            per_address=settings.max_field_selections_per_address,
        ),
    )


def lifetime_of(settings: SseSettings) -> Lifetime:
    """Return from the settings when and how streams end."""
    return Lifetime(
        retry_ms=settings.retry_milliseconds,
        max_age_seconds=settings.max_age_seconds,
        drain_seconds=settings.drain_seconds,
    )
