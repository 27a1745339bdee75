"""Records a stream in Chromium: as events of EventSource, and as text of fetch."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

from playwright.async_api import JSHandle, Page

from testkit.subscriber import Subscriber

DEADLINE_S = 10.0
_RECORDER = Path(__file__).with_name("recorder.js")
_COUNT_EVENTS = """\
    recording.items.map(([text]) => text).join("").split("\\n\\n").slice(0, -1)
        .filter((block) => /^data:/m.test(block)).length"""


class SeenEvent(NamedTuple):
    """One event as a client gives it to its user."""

    name: str
    data: str
    id: str


class Chunk(NamedTuple):
    """The text of one read, and its time in milliseconds since the page was opened."""

    text: str
    at_ms: float


class _Recording:
    """An object of recorder.js, which resolves a promise when a condition holds."""

    def __init__(self, handle: JSHandle) -> None:
        self._handle = handle

    @classmethod
    async def _begin(cls, page: Page, function: str, url: str) -> Self:
        await page.evaluate(_RECORDER.read_text())
        return cls(await page.evaluate_handle(f"(url) => {function}(url)", url))

    async def _items(self) -> list[list[Any]]:
        items: list[list[Any]] = await self._handle.evaluate("(recording) => recording.items")
        return items

    async def _until(self, holds: str, argument: object) -> None:
        """Wait until a condition on `recording` and `argument` holds in the page."""
        condition = f"(recording, argument) => recording.until((recording) => {holds})"
        try:
            async with asyncio.timeout(DEADLINE_S):
                await self._handle.evaluate(condition, argument)
        except TimeoutError:
            ends = await self.ends()
            raise TimeoutError(
                f"not within {DEADLINE_S:g} s: {holds} with {argument!r};"
                f" ends: {ends}, seen: {str(await self._items())[-2000:]}"
            ) from None

    async def ends(self) -> list[Any]:
        """Return the reason of each end of the connection."""
        ends: list[Any] = await self._handle.evaluate("(recording) => recording.ends")
        return ends

    async def until_ended(self, times: int = 1) -> None:
        """Wait until the connection has ended so many times."""
        await self._until("recording.ends.length >= argument", times)


class RecordedEvents(_Recording):
    """A stream as EventSource gives it to a page."""

    @classmethod
    async def begin(cls, page: Page, url: str) -> Self:
        """Open the stream in a page of the same origin."""
        return await cls._begin(page, "recordEvents", url)

    async def first(self, count: int) -> list[SeenEvent]:
        """Wait for so many events, and return all that have arrived."""
        await self._until("recording.items.length >= argument", count)
        return [
            SeenEvent(name, data, last_event_id)
            for name, data, last_event_id in await self._items()
        ]

    async def until(self, name: str, times: int = 1) -> None:
        """Wait until so many events of a name have arrived."""
        count = "recording.items.filter(([name]) => name === argument[0]).length"
        await self._until(f"{count} >= argument[1]", [name, times])

    async def through(self, name: str) -> list[SeenEvent]:
        """Wait for an event of a name, and return the events up to the first of it."""
        await self.until(name)
        events = await self.first(0)
        return events[: [event.name for event in events].index(name) + 1]

    async def close(self) -> None:
        """Close the EventSource, so that it does not reconnect."""
        await self._handle.evaluate("(recording) => recording.source.close()")


class RecordedChunks(_Recording):
    """A stream as `fetch` gives it to a page: decoded text in chunks."""

    @classmethod
    async def begin(cls, page: Page, url: str) -> Self:
        """Fetch the stream in a page of the same origin."""
        return await cls._begin(page, "recordChunks", url)

    async def first(self, count: int) -> list[SeenEvent]:
        """Wait for so many events with data, and return all that have arrived."""
        await self._until(_COUNT_EVENTS + " >= argument", count)
        subscriber = Subscriber()
        subscriber.feed("".join(chunk.text for chunk in await self.chunks()).encode())
        return [SeenEvent(event.event, event.data, event.id) for event in subscriber.events]

    async def chunks(self) -> list[Chunk]:
        """Return all chunks so far."""
        return [Chunk(text, at_ms) for text, at_ms in await self._items()]

    async def headers(self) -> dict[str, str]:
        """Return the headers of the response, which are known with the first text."""
        await self._until("recording.items.length >= argument", 1)
        headers: dict[str, str] = await self._handle.evaluate("(recording) => recording.headers")
        return headers


def fleet_of(events: Sequence[SeenEvent]) -> dict[str, dict[str, Any]]:
    """Return the aircraft that a client holds after these events, by icao24."""
    subscriber = Subscriber()
    for event in events:
        subscriber.feed(f"event: {event.name}\nid: {event.id}\ndata: {event.data}\n\n".encode())
    return subscriber.fleet
