"""Count the bytes of streams before and after compression, for less than a counter would cost."""

from collections.abc import Iterator, Mapping
from typing import Literal

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import CounterMetricFamily
from prometheus_client.registry import Collector

from processor.stream.encoder import CompressedFrame

Transport = Literal["sse", "websocket"]

ENCODINGS: Mapping[Transport, tuple[str, ...]] = {
    "sse": ("zstd", "gzip", "identity"),
    "websocket": ("identity",),
}


class SentBytes:
    """The bytes of one transport and content encoding, since the start."""

    def __init__(self) -> None:
        self.before = 0
        self.after = 0

    def add(self, frame: bytes | str) -> None:
        """Count a frame that is sent; each character of text counts as a byte, as most are."""
        size = len(frame)
        self.after += size
        self.before += frame.plain_bytes if isinstance(frame, CompressedFrame) else size


class SentBytesMetrics(Collector):
    """The metrics of the bytes that were sent, by transport and encoding."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._sent = {
            (transport, encoding): SentBytes()
            for transport, encodings in ENCODINGS.items()
            for encoding in encodings
        }
        registry.register(self)

    def of(self, transport: Transport, encoding: str) -> SentBytes:
        """Return the count to which the frames of one stream are added."""
        return self._sent[transport, encoding]

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Yield both metrics."""
        labels = ["transport", "encoding"]
        before = CounterMetricFamily(
            "flightmonitor_stream_plain_bytes",
            "Bytes of the events that were sent to subscribers, before compression.",
            labels=labels,
        )
        after = CounterMetricFamily(
            "flightmonitor_stream_sent_bytes",
            "Bytes that were sent to subscribers, after compression.",
            labels=labels,
        )
        for key, sent in self._sent.items():
            before.add_metric(key, sent.before)
            after.add_metric(key, sent.after)
        yield from (before, after)

    # So that the registry knows the names and refuses a second metric of them.
    describe = collect
