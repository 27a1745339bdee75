"""Every metric of the collector, named and typed."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from telemetry.state_vector import FIELDS


class Metrics:
    """The metrics of one collector; /metrics serves `registry`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.polls: Counter = Counter(
            "flightmonitor_collector_polls",
            "Requests for state vectors, after their retries, by result "
            "(ok, transient, refused, rate_limited, implausible_time).",
            ["result"],
            registry=registry,
        )
        self.poll_seconds: Histogram = Histogram(
            "flightmonitor_collector_poll_duration_seconds",
            "Seconds from the request to the last row handed to the producer.",
            buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
            registry=registry,
        )
        self.published: Counter = Counter(
            "flightmonitor_collector_published_rows",
            "Rows by what became of their messages: delivered, failed, or rejected (delivered rows "
            "that could not be read).",
            ["result"],
            registry=registry,
        )
        self.credits_remaining: Gauge = Gauge(
            "flightmonitor_collector_credits_remaining", "OpenSky credits left.", registry=registry
        )
        self.poll_interval_seconds: Gauge = Gauge(
            "flightmonitor_collector_poll_interval_seconds",
            "Seconds until the next live poll.",
            registry=registry,
        )
        self.back_fill_pending: Gauge = Gauge(
            "flightmonitor_collector_back_fill_pending",
            "Moments of past outages that are still to be requested.",
            registry=registry,
        )
        self.aircraft_known: Gauge = Gauge(
            "flightmonitor_collector_aircraft_known",
            "Aircraft whose last published contact is remembered.",
            registry=registry,
        )
        self._source_age: Gauge = Gauge(
            "flightmonitor_collector_source_age_seconds",
            "Age of the newest answer of OpenSky, by a clock that agrees with it; -1 before the "
            "first.",
            registry=registry,
        )
        self._queue: Gauge = Gauge(
            "flightmonitor_collector_producer_queue_messages",
            "Messages that wait for the broker's acknowledgement.",
            registry=registry,
        )
        self._judge_answers(registry)
        for field in FIELDS:
            self.repaired_fields.labels(field)
        self.leading: Gauge = _leading(registry)
        for result in ("ok", "transient", "refused", "rate_limited", "implausible_time"):
            self.polls.labels(result)
        for result in ("delivered", "failed", "rejected"):
            self.published.labels(result)

    def _judge_answers(self, registry: CollectorRegistry) -> None:
        """Add the metrics of values and times in answers that cannot be right."""
        self.repaired_fields: Counter = Counter(
            "flightmonitor_collector_repaired_fields",
            "Fields of received rows whose value was unusable, so that they are null or a "
            "substitute; rows that OpenSky repeats are counted again.",
            ["field"],
            registry=registry,
        )
        self.misdated_rows: Counter = Counter(
            "flightmonitor_collector_misdated_rows",
            "Received rows that are set aside because their last contact is more than a minute "
            "later or an hour earlier than their answer's time.",
            registry=registry,
        )
        self.clock_offset_seconds: Gauge = Gauge(
            "flightmonitor_collector_clock_offset_seconds",
            "The host's clock minus another one at the newest answer of OpenSky: its HTTP Date, or "
            "its time, which is some seconds old. Absent before the first.",
            ["witness"],
            registry=registry,
        )

    def watch_source_age(self, age_seconds: Callable[[], float]) -> None:
        """Read the age at each scrape, so that it grows while OpenSky is silent."""
        self._source_age.set_function(age_seconds)

    def watch_queue(self, messages: Callable[[], float]) -> None:
        """Read the length of the queue at each scrape."""
        self._queue.set_function(messages)


def _leading(registry: CollectorRegistry) -> Gauge:
    return Gauge(
        "flightmonitor_collector_leading",
        "1 if this collector requests and publishes, 0 while it stands by for another one.",
        registry=registry,
    )
