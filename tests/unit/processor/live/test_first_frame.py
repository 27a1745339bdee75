"""The span of a tick ends with the first frame that a subscriber was sent."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import asynccontextmanager

from configuration.tracing import Attributes, NoTracing
from processor.live.connection_limits import StreamClient
from processor.live.first_frame import FirstFrame
from processor.stream.encoder import WEBSOCKET_ENCODER
from processor.stream.query import parse_query
from testkit.application import Application
from testkit.state_vectors import START, state_vector

TRACES = [f"00-{digit * 32}-{digit * 16}-01".encode() for digit in "abc"]


class Recorded(NoTracing):
    """Keeps what is recorded."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, list[bytes]]] = []

    def record(
        self, name: str, parents: Iterable[bytes], *, seconds: float, attributes: Attributes
    ) -> None:
        assert seconds >= 0
        assert attributes
        self.spans.append((name, list(parents)))


class TracedSite(Application):
    """An application with two aircraft, whose ticks are traced."""

    def __init__(self) -> None:
        self.recorded = Recorded()
        super().__init__()
        self.first_frame = self.broadcaster._first_frame = FirstFrame(self.recorded)
        super().receive(state_vector("aaaaaa", START))
        self.open()

    async def show(self, seconds: int, *traces: bytes) -> None:
        """Read a message of polls, and publish a tick."""
        self.receive(state_vector("aaaaaa", START + seconds))
        self.first_frame.read(traces)
        self.first_frame.begin()
        await self.broadcaster.publish()


@asynccontextmanager
async def stream(site: TracedSite) -> AsyncIterator[AsyncGenerator[bytes | str, None]]:
    with site.broadcaster.subscription(StreamClient("192.0.2.1"), parse_query([])) as subscriber:
        frames = site.broadcaster.stream(subscriber, WEBSOCKET_ENCODER, "")
        assert isinstance(frames, AsyncGenerator)
        yield frames
        await frames.aclose()


async def test_a_tick_is_recorded_once_when_the_first_subscriber_was_sent_it() -> None:
    """In the traces of all polls that it shows. A frame was sent when the next one is asked for."""
    site = TracedSite()
    async with stream(site) as frames, stream(site) as others:
        await anext(frames)
        await anext(others)
        reading = [asyncio.create_task(anext(each)) for each in (frames, others)]
        await site.show(1, *TRACES[:2])
        await asyncio.gather(*reading)
        assert site.recorded.spans == []
        reading = [asyncio.create_task(anext(each)) for each in (frames, others)]
        await asyncio.sleep(0)
        assert site.recorded.spans == [("first_frame", TRACES[:2])]
        await site.show(2)
        await asyncio.gather(*reading)
    assert len(site.recorded.spans) == 1


async def test_a_tick_that_no_subscriber_was_sent_is_not_recorded() -> None:
    """Nor is one that was overtaken before its frame was sent."""
    site = TracedSite()
    await site.show(1, TRACES[0])
    async with stream(site) as frames:
        await anext(frames)
        await site.show(2, TRACES[1])
        reading = asyncio.create_task(anext(frames))
        await reading
        await site.show(3, TRACES[2])
        await anext(frames)
    assert site.recorded.spans == []


async def test_messages_from_before_the_start_are_not_recorded() -> None:
    """Another instance has shown them long ago."""
    site = TracedSite()
    site.first_frame.read(TRACES)
    site.first_frame.forget()
    async with stream(site) as frames:
        await anext(frames)
        await site.show(1)
        await anext(frames)
        assert not site.first_frame.is_awaited
