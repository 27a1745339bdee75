"""A stream releases frames once they are sent, also while it waits for the next tick."""

import asyncio
import sys
import weakref

import pytest

from processor.live import frame_cache
from processor.live.connection_limits import StreamClient
from processor.stream.encoder import SSE_ENCODERS
from processor.stream.query import parse_query
from testkit.application import Application
from testkit.state_vectors import START, state_vector

NAME_AND_ARGUMENT = 2
"""References to an object that nothing else holds, as `sys.getrefcount` counts them."""


async def test_a_waiting_stream_holds_no_frame(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A snapshot through a filter, which no cache keeps either."""
    monkeypatch.setattr(frame_cache, "CHOSEN_BYTES", 0)
    site = Application()
    site.receive(state_vector("aaaaaa", START))
    site.open()
    query = parse_query([("callsign", "*")])
    with site.broadcaster.subscription(StreamClient("192.0.2.1"), query) as subscriber:
        stream = site.broadcaster.stream(subscriber, SSE_ENCODERS["identity"], "")
        frame = await anext(stream)
        assert b"event: snapshot" in frame
        waiting = asyncio.ensure_future(anext(stream))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not waiting.done()
        assert sys.getrefcount(frame) == NAME_AND_ARGUMENT
        waiting.cancel()
        await asyncio.wait([waiting])


async def test_a_stalled_stream_holds_no_tick() -> None:
    """A tick keeps all that was encoded in it, and a subscriber may stall for a minute."""
    site = Application()
    site.open()
    with site.broadcaster.subscription(StreamClient("192.0.2.1"), parse_query([])) as subscriber:
        stream = site.broadcaster.stream(subscriber, SSE_ENCODERS["identity"], "")
        await anext(stream)
        tick = weakref.ref(site.broadcaster.current_tick)
        site.tick(1, is_heartbeat=True)
        assert tick() is None
        await anext(stream)
