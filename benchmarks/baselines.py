"""The baselines of the stream: a bare writer, and the first example of sse-starlette."""

import asyncio
import json
from collections.abc import AsyncIterator

import msgspec
from fastapi import APIRouter
from sse_starlette import EventSourceResponse

from telemetry.state_vector import StateVector

BACKLOG = 4096
_NO_PINGS_SECONDS = 3600


class BareWriter:
    """Writes the same bytes to all connected clients, which is the least that asyncio can do."""

    def __init__(self) -> None:
        self._writers: list[asyncio.StreamWriter] = []

    async def listen(self) -> int:
        """Listen on a free port and return it."""
        self._server = await asyncio.start_server(
            self._on_subscriber, "127.0.0.1", 0, backlog=BACKLOG
        )
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def write(self, frame: bytes) -> None:
        """Send to all."""
        for writer in self._writers:
            writer.write(frame)

    async def _on_subscriber(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")


class NaiveStream:
    """One response of sse-starlette for each subscriber, which encodes each event by itself."""

    def __init__(self) -> None:
        self._states: list[StateVector] = []
        self._number = 0
        self._published = asyncio.Event()

    def publish(self, states: list[StateVector]) -> None:
        """Publish the states to all subscribers."""
        self._states = states
        self._number += 1
        self._published.set()
        self._published = asyncio.Event()

    def router(self) -> APIRouter:
        """Return the route at `/`."""
        router = APIRouter()

        @router.get("/")
        async def flights() -> EventSourceResponse:
            return EventSourceResponse(self._events(), ping=_NO_PINGS_SECONDS)

        return router

    async def _events(self) -> AsyncIterator[dict[str, str]]:
        yield {"comment": "welcome"}
        while True:
            await self._published.wait()
            yield {"event": "update", "id": str(self._number), "data": self._data()}

    def _data(self) -> str:
        return json.dumps({"states": [msgspec.structs.asdict(state) for state in self._states]})
