"""Every metric of the living picture."""

import math
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge


class LiveMetrics:
    """What operators watch: who is here, how they fare, and how fresh the picture is."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.aircraft = Gauge("live_aircraft", "Aircraft in the picture.", registry=registry)
        self.subscribers = Gauge("stream_viewers", "Open streams.", registry=registry)
        self.delay = Gauge(
            "live_delay_seconds",
            "Time from the newest last_contact to now, by the time of the data.",
            registry=registry,
        )
        self.clock_offset = Gauge(
            "live_clock_offset_seconds",
            "How far this host's clock is ahead of the time of the data; negative if behind.",
            registry=registry,
        )
        self.ignored = Counter(
            "live_ignored_messages",
            "State vectors that the live state left out because of their time, by reason.",
            ["reason"],
            registry=registry,
        )
        self._lag = Gauge(
            "live_lag_messages", "Messages in the log not read yet.", registry=registry
        )
        self._lag_age = Gauge(
            "live_lag_age_seconds",
            "Since live_lag_messages was compared with the log; grows while Kafka is silent.",
            registry=registry,
        )
        self.malformed = Counter(
            "live_malformed_messages", "Messages without a state vector.", registry=registry
        )
        self.resumed = Counter(
            "stream_resumes",
            "Viewers that came back: recovered, or reset with a snapshot.",
            ["outcome"],
            registry=registry,
        )
        self.conflated = Counter(
            "stream_conflated_events",
            "Times that a viewer was behind and got only the newest of what it missed.",
            registry=registry,
        )
        self.closed = Counter(
            "stream_closed",
            "Streams that we ended, by reason.",
            ["reason"],
            registry=registry,
        )

    def watch_lag(self, messages: Callable[[], float], age_seconds: Callable[[], float]) -> None:
        """Ask for lag and age at each scrape."""
        self._lag.set_function(messages)
        self._lag_age.set_function(age_seconds)

    def forget(self) -> None:
        """Claim no aircraft and no delay while there is no picture."""
        self.aircraft.set(0)
        self.delay.set(math.nan)
