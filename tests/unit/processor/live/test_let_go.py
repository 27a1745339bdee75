"""What was sent is let go: by a stream that waits, and by one that was cut off."""

import asyncio
import sys

import pytest

from processor.live.connection_limits import StreamClient
from processor.stream import catch_up
from processor.stream.encoder import EVENT_STREAMS
from processor.stream.query import parse_query
from testkit.live_site import LiveSite
from testkit.state_vectors import START, state_vector

NAME_AND_ARGUMENT = 2
"""References to an object that nothing else holds, as `sys.getrefcount` counts them."""


async def test_a_stream_that_waits_keeps_nothing_of_what_it_has_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A snapshot of a view of its own, which nothing else keeps either."""
    monkeypatch.setattr(catch_up, "KEPT_BYTES", 0)
    site = LiveSite()
    site.receive(state_vector("aaaaaa", START))
    site.broadcaster.open()
    view = parse_query([("callsign", "*")])
    with site.broadcaster.entered(StreamClient("192.0.2.1"), view) as subscriber:
        stream = site.broadcaster.stream(subscriber, EVENT_STREAMS["identity"], "")
        frame = await anext(stream)
        assert b"event: snapshot" in frame
        waiting = asyncio.ensure_future(anext(stream))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not waiting.done()
        assert sys.getrefcount(frame) == NAME_AND_ARGUMENT
        waiting.cancel()
        await asyncio.wait([waiting])
