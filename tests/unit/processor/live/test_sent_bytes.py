"""Bytes of the streams are counted before and after compression."""

import pytest
from prometheus_client import CollectorRegistry

from processor.live.sent_bytes import SentBytesMetrics
from processor.stream.encoder import MAX_FRAME_BYTES, SSE_ENCODERS, WEBSOCKET_ENCODER, SseEncoder
from processor.stream.events import Event
from processor.stream.slices import run_at_once

# Random enough for several frames after compression.
DATA = b'"%s"' % b"".join(b"%x" % (number * 2_654_435_761 % 2**32) for number in range(200_000))
EVENT = Event("update", DATA, id="e")


def count(sent: CollectorRegistry, kind: str, transport: str, encoding: str) -> float | None:
    labels = {"transport": transport, "encoding": encoding}
    return sent.get_sample_value(f"flightmonitor_stream_{kind}_bytes_total", labels)


@pytest.mark.parametrize("encoder", SSE_ENCODERS.values(), ids=lambda encoder: str(encoder.name))
@pytest.mark.parametrize("is_sliced", [False, True])
def test_frames_know_their_size_before_compression(encoder: SseEncoder, *, is_sliced: bool) -> None:
    registry = CollectorRegistry()
    sent = SentBytesMetrics(registry).of("sse", encoder.name)
    frames = encoder.encode([EVENT])
    if is_sliced:
        frames = run_at_once(encoder.encode_in_slices([EVENT], "normal"))
    assert len(frames) > 1
    assert max(map(len, frames)) == MAX_FRAME_BYTES
    for frame in frames:
        sent.add(frame)
    size = len(b"event: update\nid: e\ndata: " + DATA + b"\n\n")
    assert count(registry, "plain", "sse", encoder.name) == size
    assert count(registry, "sent", "sse", encoder.name) == sum(map(len, frames))


def test_a_websocket_has_no_compression() -> None:
    registry = CollectorRegistry()
    [frame] = WEBSOCKET_ENCODER.encode([EVENT])
    metrics = SentBytesMetrics(registry)
    assert count(registry, "sent", "websocket", "identity") == 0
    metrics.of("websocket", "identity").add(frame)
    assert count(registry, "sent", "websocket", "identity") == len(frame)
    assert count(registry, "plain", "websocket", "identity") == len(frame)
