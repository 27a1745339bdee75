"""One client cannot take all replays, so others get theirs."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from processor.access.shares import ShareLimits
from processor.replay.session import Replay
from testkit.history_log import HistoryLog, store
from testkit.migration import create_migrated_database
from testkit.state_vectors import START, state_vector
from testkit.timescale import Timescale

pytestmark = pytest.mark.real_database

FIRST = START - 3600
QUERY = f"from={FIRST}&to={FIRST + 600}&speed=1"


@pytest.fixture(scope="module")
def minute_url(timescale: Timescale) -> Iterator[str]:
    """Give the address of a database with a minute of one aircraft."""
    timescale.start()
    dsn = create_migrated_database(timescale.dsn)
    asyncio.run(store(dsn, [state_vector("aaaaaa", FIRST + second) for second in range(60)]))
    yield dsn
    timescale.drop_database(dsn)


@pytest.fixture
async def log(minute_url: str) -> AsyncIterator[HistoryLog]:
    """Give a site that allows ten replays, three of them from one address."""
    async with HistoryLog(minute_url, speed=1) as log:
        limits = log.replay.limits
        log.replay = Replay(
            broadcaster=log.broadcaster,
            database=log.database,
            limits=type(limits)(
                places=ShareLimits(10, per_principal=3, per_address=3),
                window_days=limits.window_days,
                heartbeat_seconds=limits.heartbeat_seconds,
                expiry_seconds=limits.expiry_seconds,
            ),
            clock=log.clock,
        )
        log.broadcaster.open()
        yield log


def client(server: str, local_address: str) -> httpx.AsyncClient:
    """Return a client with a loopback address of its own."""
    return httpx.AsyncClient(
        base_url=f"http://{server}",
        transport=httpx.AsyncHTTPTransport(local_address=local_address),
        timeout=10,
    )


def replay(server: str, local_address: str) -> connect:
    """Open a replay over WebSocket."""
    return connect(
        f"ws://{server}/ws/flights?{QUERY}",
        max_size=None,
        proxy=None,
        local_addr=(local_address, 0),
    )


async def first_event(socket: ClientConnection) -> dict[str, Any]:
    """Return the first event."""
    return dict(json.loads(await socket.recv()))


async def test_one_address_cannot_hold_every_replay(log: HistoryLog) -> None:
    """An address gets three of ten replays; others are served, and places become free again."""
    async with log.serving() as server, client(server, "127.0.0.2") as flood:
        async with AsyncExitStack() as stack:
            for _ in range(3):
                socket = await stack.enter_async_context(replay(server, "127.0.0.2"))
                assert (await first_event(socket))["event"] == "snapshot"
            async with replay(server, "127.0.0.2") as fourth:
                refusal = await first_event(fourth)
            assert refusal["event"] == "overloaded"
            assert "127.0.0.2 has taken all of its 3 places for replays" in str(refusal["data"])
            assert "history.max_replays_per_address" in str(refusal["data"])
            answer = await flood.get(f"/sse/flights?{QUERY}")
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
            assert answer.json()["setting"] == "history.max_replays_per_address"
            async with replay(server, "127.0.0.3") as other:
                assert (await first_event(other))["event"] == "snapshot"
        async with asyncio.timeout(10):
            while len(log.replay._places):  # noqa: ASYNC110 - the server notices a closed socket later
                await asyncio.sleep(0.02)
