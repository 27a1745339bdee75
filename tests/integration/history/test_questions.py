"""Questions of one client to a real database leave room for those of others."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from processor.access.slots import Client, OverloadedError
from processor.history import connection_pool
from processor.history.connection_pool import Questions, share_limits
from processor.history.database import HistoryDatabase, Use, divide
from processor.history.errors import TooMuchError

FLOOD, OTHER = Client("192.0.2.1", "key:flood"), Client("192.0.2.2", "key:other")
SLEEP = "SELECT pg_sleep($1)"


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[HistoryDatabase]:
    """Sixteen connections: six for short questions, four for long ones."""
    database = HistoryDatabase(
        url=dsn, max_connections=16, connect_timeout_seconds=5, statement_timeout_seconds=10
    )
    yield database
    await database.close()


async def request(asked: Questions, client: Client, seconds: float) -> str:
    """Ask for so long, and return how it ended."""
    try:
        async with asked.reading(client) as connection:
            await connection.fetch(SLEEP, seconds)
    except OverloadedError as refusal:
        return f"{refusal.status} {refusal.setting}"
    return "answered"


async def test_long_questions_leave_the_places_of_short_ones(
    database: HistoryDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """16 at once of one client: two go on, the others end; another client waits for none."""
    monkeypatch.setattr(connection_pool, "SHORT_SECONDS", 0.3)
    asked = Questions(database, client_share=0.5)
    flood = [asyncio.create_task(request(asked, FLOOD, 8)) for _ in range(16)]
    for _ in range(20):
        assert await asyncio.wait_for(request(asked, OTHER, 0), 5) == "answered"
    endings = [await task for task in flood]
    assert endings.count("answered") == 2
    assert endings.count("429 history.client_share") == 14
    assert await request(asked, FLOOD, 0) == "answered"
    assert len(asked._long) == len(asked._short._slots) == 0


async def test_long_questions_of_all_clients_leave_the_places_of_short_ones(
    database: HistoryDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four go on, whoever asks; a short question waits until the next one is found to be long."""
    monkeypatch.setattr(connection_pool, "SHORT_SECONDS", 0.3)
    asked = Questions(database, client_share=0.5)
    flood = [
        asyncio.create_task(request(asked, Client(f"198.51.100.{number}"), 6))
        for number in range(16)
    ]
    await asyncio.sleep(0)
    assert await asyncio.wait_for(request(asked, OTHER, 0), 5) == "answered"
    endings = [await task for task in flood]
    assert endings.count("answered") == 4
    assert endings.count("503 history.max_connections") == 12


async def test_a_question_that_is_ended_ends_in_the_database_too(
    database: HistoryDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connection is free for the next one, not busy with what nobody waits for."""
    monkeypatch.setattr(connection_pool, "SHORT_SECONDS", 0.1)
    asked = Questions(database, client_share=0.1)
    going_on = asyncio.create_task(request(asked, FLOOD, 3))
    await asyncio.sleep(0)
    assert (await request(asked, FLOOD, 3)).startswith("429")
    async with asked.reading(OTHER) as connection:
        running = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE state = 'active' AND query = $1 AND datname = current_database()",
            SLEEP,
        )
    assert running == 1
    assert await going_on == "answered"


async def test_an_error_of_the_question_stays_what_it_is(dsn: str) -> None:
    """The timeout of a statement is no lack of places."""
    database = HistoryDatabase(
        url=dsn, max_connections=4, connect_timeout_seconds=5, statement_timeout_seconds=0.2
    )
    asked = Questions(database, client_share=0.5)
    with pytest.raises(TooMuchError, match=r"0\.2 s"):
        await request(asked, FLOOD, 3)
    assert len(asked._short._slots) == 0
    await database.close()


@pytest.mark.parametrize(
    ("most", "uses"), [(4, (2, 1, 1)), (8, (5, 2, 1)), (16, (10, 4, 2)), (100, (63, 25, 12))]
)
def test_connections_are_divided(most: int, uses: tuple[int, int, int]) -> None:
    divided = divide(most)
    assert tuple(divided[use] for use in (Use.QUESTIONS, Use.EXPORTS, Use.REPLAYS)) == uses
    assert sum(divided.values()) == most


def test_a_client_may_hold_one_place_at_the_least() -> None:
    assert share_limits(4, 0.5).per_address == 2
    assert share_limits(1, 0.5).per_principal == 1
