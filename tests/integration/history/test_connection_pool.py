"""The slow requests of one client leave database connections for the requests of others."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from processor.access.shares import Client, OverloadedError
from processor.history import connection_pool
from processor.history.connection_pool import ConnectionPool, share_limits
from processor.history.database import HistoryDatabase, Use, divide
from processor.history.errors import TooLargeError

FLOOD, OTHER = Client("192.0.2.1", "key:flood"), Client("192.0.2.2", "key:other")
SLEEP = "SELECT pg_sleep($1)"


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[HistoryDatabase]:
    """Give sixteen connections: six for fast requests, four for slow ones, six for other uses."""
    database = HistoryDatabase(
        url=dsn, max_connections=16, connect_timeout_seconds=5, statement_timeout_seconds=10
    )
    yield database
    await database.close()


async def request(pool: ConnectionPool, client: Client, seconds: float) -> str:
    """Send a request that takes so long, and return how it ended."""
    try:
        async with pool.reading(client) as connection:
            await connection.fetch(SLEEP, seconds)
    except OverloadedError as refusal:
        return f"{refusal.status} {refusal.setting}"
    return "answered"


async def test_slow_requests_leave_the_places_of_fast_ones(
    database: HistoryDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 16 slow requests of one client two go on and the others end; other clients do not wait."""
    monkeypatch.setattr(connection_pool, "FAST_SECONDS", 0.15)
    pool = ConnectionPool(database, client_share=0.5)
    flood = [asyncio.create_task(request(pool, FLOOD, 4)) for _ in range(16)]
    for _ in range(20):
        assert await asyncio.wait_for(request(pool, OTHER, 0), 5) == "answered"
    endings = [await task for task in flood]
    assert endings.count("answered") == 2
    assert endings.count("429 history.client_share") == 14
    assert await request(pool, FLOOD, 0) == "answered"
    assert len(pool._slow) == len(pool._fast._shares) == 0


async def test_slow_requests_of_all_clients_leave_the_places_of_fast_ones(
    database: HistoryDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four slow requests go on; a fast one waits until one more is found to be slow."""
    monkeypatch.setattr(connection_pool, "FAST_SECONDS", 0.15)
    pool = ConnectionPool(database, client_share=0.5)
    flood = [
        asyncio.create_task(request(pool, Client(f"198.51.100.{number}"), 3))
        for number in range(16)
    ]
    await asyncio.sleep(0)
    assert await asyncio.wait_for(request(pool, OTHER, 0), 5) == "answered"
    endings = [await task for task in flood]
    assert endings.count("answered") == 4
    assert endings.count("503 history.max_connections") == 12


async def test_a_request_that_is_ended_ends_in_the_database_too(
    database: HistoryDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connection is free for the next request, and its statement is cancelled."""
    monkeypatch.setattr(connection_pool, "FAST_SECONDS", 0.1)
    pool = ConnectionPool(database, client_share=0.1)
    going_on = asyncio.create_task(request(pool, FLOOD, 3))
    await asyncio.sleep(0)
    assert (await request(pool, FLOOD, 3)).startswith("429")
    async with pool.reading(OTHER) as connection:
        running = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE state = 'active' AND query = $1 AND datname = current_database()",
            SLEEP,
        )
    assert running == 1
    assert await going_on == "answered"


async def test_a_statement_timeout_is_not_an_overload(dsn: str) -> None:
    """The error of a statement reaches the caller unchanged, and its place becomes free."""
    database = HistoryDatabase(
        url=dsn, max_connections=4, connect_timeout_seconds=5, statement_timeout_seconds=0.2
    )
    pool = ConnectionPool(database, client_share=0.5)
    with pytest.raises(TooLargeError, match=r"0\.2 s"):
        await request(pool, FLOOD, 3)
    assert len(pool._fast._shares) == 0
    await database.close()


@pytest.mark.parametrize(
    ("most", "uses"), [(4, (2, 1, 1)), (8, (5, 2, 1)), (16, (10, 4, 2)), (100, (63, 25, 12))]
)
def test_connections_are_divided(most: int, uses: tuple[int, int, int]) -> None:
    divided = divide(most)
    assert tuple(divided[use] for use in (Use.REQUESTS, Use.EXPORTS, Use.REPLAYS)) == uses
    assert sum(divided.values()) == most


def test_a_client_may_hold_at_least_one_place() -> None:
    assert share_limits(4, 0.5).per_address == 2
    assert share_limits(1, 0.5).per_principal == 1
