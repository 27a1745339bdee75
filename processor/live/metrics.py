"""Every metric of the living picture."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class LiveMetrics:
    """What operators watch: who is here, how they fare, and how fresh the picture is."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.aircraft = Gauge("live_aircraft", "Aircraft in the picture.", registry=registry)
        self.viewers = Gauge("stream_viewers", "Open streams.", registry=registry)
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
