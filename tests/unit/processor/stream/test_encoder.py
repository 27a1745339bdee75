"""Encoders: frames are decodable without those before them, and have a bounded size."""

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.stream.encoder import (
    MAX_FRAME_BYTES,
    SSE_ENCODERS,
    TEXT_AT_ONCE,
    WEBSOCKET_ENCODER,
    CompressionEffort,
    ContentEncoding,
    choose_encoding,
)
from processor.stream.events import Event
from processor.stream.slices import run_at_once
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


@pytest.mark.parametrize("encoding", list(SSE_ENCODERS))
@pytest.mark.parametrize("numbers", [10, TEXT_AT_ONCE])
def test_other_events_may_be_encoded_between_slices(
    encoding: ContentEncoding, numbers: int
) -> None:
    """The frames are those of this event, and do not depend on the others."""
    encoder, other = SSE_ENCODERS[encoding], Event("update", b"{}")
    text = json.dumps({"n": [number * 7919 % 1_000_003 for number in range(numbers)]}).encode()
    slices, n_slices = encoder.encode_in_slices([Event("update", text, "1")], "high"), 0
    frames: tuple[bytes, ...] | None = None
    while frames is None:
        try:
            next(slices)
        except StopIteration as end:
            frames = end.value
        encoder.encode([other], "high")
        n_slices += 1
    assert max(map(len, frames)) <= MAX_FRAME_BYTES
    assert n_slices >= (2 if encoding == "identity" else len(text) // TEXT_AT_ONCE)
    subscriber = Subscriber()
    received = (*encoder.opening_frames(1000), *frames, *encoder.encode([other]))
    subscriber.feed(decoder(encoding)(b"".join(received)))
    assert [event.data.encode() for event in subscriber.events] == [text, other.data]


def test_no_events_have_no_frames_in_slices_either() -> None:
    assert run_at_once(SSE_ENCODERS["zstd"].encode_in_slices([], "high")) == ()


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
