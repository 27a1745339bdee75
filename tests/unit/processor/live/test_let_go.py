"""What was sent is let go: by a stream that waits, and by one that was cut off."""

import asyncio
import sys

import pytest

from processor.live import scene
from processor.live.audience import Visitor
from processor.live.view import parse_view
from processor.live.wire import EVENT_STREAMS
from tests.support.live_site import LiveSite
from tests.support.state_vectors import START, state_vector

NAME_AND_ARGUMENT = 2
"""References to an object that nothing else holds, as `sys.getrefcount` counts them."""


async def test_a_stream_that_waits_keeps_nothing_of_what_it_has_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A snapshot of a view of its own, which nothing else keeps either."""
    monkeypatch.setattr(scene, "KEPT_BYTES", 0)
    site = LiveSite()
    site.hear(state_vector("aaaaaa", START))
    site.broadcaster.open()
    view = parse_view([("callsign", "*")])
    with site.broadcaster.entered(Visitor("192.0.2.1"), view) as viewer:
        stream = site.broadcaster.stream(viewer, EVENT_STREAMS["identity"], "")
        piece = await anext(stream)
        assert b"event: snapshot" in piece
        waiting = asyncio.ensure_future(anext(stream))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not waiting.done()
        assert sys.getrefcount(piece) == NAME_AND_ARGUMENT
        waiting.cancel()
        await asyncio.wait([waiting])
