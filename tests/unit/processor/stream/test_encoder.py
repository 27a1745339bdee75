"""Encoders: frames are decodable without those before them, and have a bounded size."""

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.stream.encoder import (
    MAX_FRAME_BYTES,
    SSE_ENCODERS,
    WEBSOCKET_ENCODER,
    CompressionEffort,
    ContentEncoding,
    choose_encoding,
)
from processor.stream.events import Event
from testkit.decoding import decoder
from testkit.subscriber import Subscriber


@pytest.mark.parametrize(
    ("accept_encoding", "chosen"),
    [
        ("", "identity"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("zstd;q=0, gzip", "gzip"),
        ("zstd; q=0.000, gzip ;q=0", "identity"),
        ("br", "identity"),
        ("zstd;q=0.001", "zstd"),
        (",;,", "identity"),
    ],
)
def test_the_best_accepted_coding_is_chosen(accept_encoding: str, chosen: str) -> None:
    """A weight of zero is a refusal."""
    assert choose_encoding(accept_encoding) == chosen


_TEXTS = st.lists(st.text(max_size=300), min_size=1, max_size=6)


@given(_TEXTS, st.sampled_from(list(SSE_ENCODERS)), st.integers(0, 5))
def test_a_subscriber_that_joins_late_decodes_all(
    texts: list[str], encoding: ContentEncoding, missed: int
) -> None:
    """It needs none of the frames that were sent before."""
    encoder = SSE_ENCODERS[encoding]
    events = [
        Event("update", json.dumps({"text": text}).encode(), str(n)) for n, text in enumerate(texts)
    ]
    frames = [encoder.encode([event]) for event in events]
    received = b"".join(encoder.opening_frames(1000)) + b"".join(
        b"".join(one) for one in frames[missed:]
    )
    subscriber = Subscriber()
    subscriber.feed(decoder(encoding)(received))
    assert [json.loads(event.data)["text"] for event in subscriber.events] == texts[missed:]


@pytest.mark.parametrize("effort", get_args(CompressionEffort))
@pytest.mark.parametrize("encoding", list(SSE_ENCODERS))
def test_a_large_event_is_divided_into_frames(
    encoding: ContentEncoding, effort: CompressionEffort
) -> None:
    """No frame exceeds the bound, and together they are the event."""
    rows = ",".join(str(number * 7919 % 1_000_003) for number in range(MAX_FRAME_BYTES))
    encoder = SSE_ENCODERS[encoding]
    frames = encoder.encode([Event("update", f"[{rows}]".encode())], effort)
    assert len(frames) > 1
    assert max(map(len, frames)) <= MAX_FRAME_BYTES
    decoded = decoder(encoding)(b"".join((*encoder.opening_frames(1), *frames)))
    assert decoded.endswith(b"event: update\ndata: [" + rows.encode() + b"]\n\n")


def test_websocket_messages_are_json() -> None:
    """Each event is a message with exactly the parts that it has."""
    events = [Event("bye", b'{"reason":"x"}', retry_ms=5), Event("remove", b"{}", "e.1")]
    assert [json.loads(text) for text in WEBSOCKET_ENCODER.encode(events)] == [
        {"event": "bye", "retry": 5, "data": {"reason": "x"}},
        {"event": "remove", "id": "e.1", "data": {}},
    ]
    assert WEBSOCKET_ENCODER.opening_frames(1) == ()
