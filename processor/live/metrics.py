"""Metrics of the live state and of the streams."""

import math
from collections.abc import Callable
from typing import Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge

from processor.access.errors import Loss
from processor.access.slots import Bound
from processor.bulk_histogram import DELAY_BUCKETS, BulkHistogram
from processor.live.sent_bytes import ENCODINGS, SentBytesMetrics, Transport
from processor.stream.output_format import Format, OutputFormat

Refusal = Literal[Bound, "credentials", "query", "origin"]
"""Why a stream is refused: a limit in all, of a principal or an address, or the request itself."""


class LiveMetrics:
    """Open streams, how they fare, and how fresh the live state is."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.aircraft = Gauge(
            "flightmonitor_live_aircraft", "Aircraft in the live state.", registry=registry
        )
        self.delay = Gauge(
            "flightmonitor_live_delay_seconds",
            "Seconds from the newest last_contact to now, by the time of the data.",
            registry=registry,
        )
        self.clock_offset = Gauge(
            "flightmonitor_live_clock_offset_seconds",
            "Seconds that this host's clock is ahead of the time of the data.",
            registry=registry,
        )
        self.ignored = Counter(
            "flightmonitor_live_ignored_messages",
            "State vectors that the live state ignored because of their time, by reason.",
            ["reason"],
            registry=registry,
        )
        self._lag = Gauge(
            "flightmonitor_live_lag_messages",
            "Messages in the log that were not read yet.",
            registry=registry,
        )
        self._lag_age = Gauge(
            "flightmonitor_live_lag_age_seconds",
            "Seconds since the lag was measured; grows while Kafka is silent.",
            registry=registry,
        )
        self.malformed = Counter(
            "flightmonitor_live_malformed_messages",
            "Messages without a valid state vector.",
            registry=registry,
        )
        self._add_streams(registry)
        self._show_all_labels()

    def _add_streams(self, registry: CollectorRegistry) -> None:
        self.subscribers = Gauge(
            "flightmonitor_stream_subscribers",
            "Open streams, by transport and format; that of a replay counts too.",
            ["transport", "format"],
            registry=registry,
        )
        self.refused = Counter(
            "flightmonitor_stream_refused",
            "Clients that were refused a stream, by reason: a limit in all (total), of a principal"
            " or of an address, their credentials, their query, or the origin of their page.",
            ["reason"],
            registry=registry,
        )
        self.broadcast_delay = BulkHistogram(
            "flightmonitor_stream_delay_seconds",
            "Seconds from an aircraft's last_contact to the tick that sends it to the subscribers,"
            " by the time of the data.",
            buckets=DELAY_BUCKETS,
            registry=registry,
        )
        self.sent_bytes = SentBytesMetrics(registry)
        self.resumed = Counter(
            "flightmonitor_stream_resumes",
            "Subscribers that came back: recovered, or reset with a snapshot.",
            ["outcome"],
            registry=registry,
        )
        self.conflated = Counter(
            "flightmonitor_stream_conflated_events",
            "Times that a slow subscriber got only the newest state of what it missed.",
            registry=registry,
        )
        self.closed = Counter(
            "flightmonitor_stream_closed",
            "Streams that the server ended, by reason.",
            ["reason"],
            registry=registry,
        )

    def _show_all_labels(self) -> None:
        """Show each series from the start: the first event would not count for `rate()`."""
        for reason in ("future", "after_answer"):
            self.ignored.labels(reason)
        for outcome in ("recovered", "reset"):
            self.resumed.labels(outcome)
        for reason in (*get_args(Loss), "age", "overloaded", "slow", "stopping"):
            self.closed.labels(reason)
        for refusal in (*get_args(Bound), "credentials", "query", "origin"):
            self.refused.labels(refusal)
        for transport in ENCODINGS:
            for format_ in get_args(Format):
                self.subscribers.labels(transport, format_)

    def count_subscriber(
        self, transport: Transport, output_format: OutputFormat, step: int
    ) -> None:
        """Count a stream that was opened (1) or has ended (-1)."""
        self.subscribers.labels(transport, output_format.format).inc(step)

    def count_refusal(self, reason: Refusal) -> None:
        """Count a client that is refused a stream."""
        self.refused.labels(reason).inc()

    def watch_lag(self, messages: Callable[[], float], age_seconds: Callable[[], float]) -> None:
        """Call two functions at each scrape, for lag and age."""
        self._lag.set_function(messages)
        self._lag_age.set_function(age_seconds)

    def clear(self) -> None:
        """Show no aircraft and no delay while there is no live state."""
        self.aircraft.set(0)
        self.delay.set(math.nan)
