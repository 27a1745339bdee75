"""One client floods each kind of place; another is served, and subscribers notice nothing."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import asyncpg
import httpx
import pytest

from processor.access.new_key import make_key
from processor.access.tickets import MAX_TICKETS
from testkit.attack import ATTACKER, Attack
from testkit.history_log import store
from testkit.migration import create_migrated_database
from testkit.sky_process import SkyServer
from testkit.state_vectors import START, state_vector
from testkit.timescale import Timescale

pytestmark = [pytest.mark.alone, pytest.mark.real_database]

OTHER = "127.0.0.3"
ROWS = 20_000
"""Their file is larger than what kernel and server hold for a client that reads nothing."""

FIRST = START - 7_200
"""The clock of the sky begins at START."""

SPAN = f"from={FIRST}&to={START}"
EXPORT = f"/api/history/state_vectors?{SPAN}&format=geojson"
REPLAY = f"/sse/flights?{SPAN}&speed=1"
STREAM = "/sse/flights?format=row"
LONG, SHORT = f"/api/statistics/hourly?{SPAN}", f"/api/flights/{0:06x}/track?{SPAN}"


@pytest.fixture(scope="module")
def dsn(timescale: Timescale) -> Iterator[str]:
    """Give a database with two hours of a hundred aircraft."""
    timescale.start()
    dsn = create_migrated_database(timescale.dsn)
    vectors = [state_vector(f"{n % 100:06x}", FIRST + n // 100 * 30) for n in range(ROWS)]
    asyncio.run(store(dsn, vectors))
    yield dsn
    timescale.drop_database(dsn)


@pytest.fixture(scope="module")
def attack(dsn: str) -> Iterator[Attack]:
    """Give a server with that history, which all floods share."""
    with Attack(aircraft=1_000, settings={"database": {"url": dsn}}) as attack:
        yield attack


def client(port: int, address: str, key: str | None = None) -> httpx.AsyncClient:
    """Return a client that comes from an address of this machine."""
    return httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}",
        headers={"Authorization": f"Bearer {key}"} if key else {},
        transport=httpx.AsyncHTTPTransport(
            local_address=address, limits=httpx.Limits(max_connections=None)
        ),
        timeout=30,
    )


class Held(NamedTuple):
    """The answers to an attacker's requests, which it leaves unread after their beginnings."""

    statuses: Counter[int]
    beginnings: list[str]


@asynccontextmanager
async def held(port: int, path: str, count: int) -> AsyncIterator[Held]:
    """Send so many requests at once, take the head of each answer, and hold all."""
    async with client(port, ATTACKER) as attacker:
        requests = [attacker.build_request("GET", path) for _ in range(count)]
        answers = await asyncio.gather(*(attacker.send(each, stream=True) for each in requests))
        bodies = [answer.aiter_text(512) for answer in answers]
        beginnings = await asyncio.gather(*map(beginning_of, bodies))
        try:
            yield Held(Counter(answer.status_code for answer in answers), beginnings)
        finally:
            await asyncio.gather(*(answer.aclose() for answer in answers))


async def beginning_of(body: AsyncIterator[str]) -> str:
    """Return a beginning that shows what is answered: of a stream its first event."""
    text = await anext(body, "")
    while text.startswith(":") and "event:" not in text and (part := await anext(body, "")):
        text += part
    return text


async def other_gets(port: int, path: str) -> str:
    """Return what another client gets, or as much as shows that it is served."""
    async with client(port, OTHER) as other, other.stream("GET", path) as answer:
        assert answer.status_code == 200, (path, await answer.aread())
        text = ""
        async for frame in answer.aiter_text():
            text += frame
            if len(text) > 100_000 or "event: snapshot" in text or "event: overloaded" in text:
                break
        return text


async def flood_files(port: int, _dsn: str) -> None:
    """Twelve downloads that are not read: two have the attacker's share, ten are refused."""
    async with held(port, EXPORT, 12) as flood:
        assert flood.statuses == {200: 2, 429: 10}
        assert "Feature" in await other_gets(port, EXPORT)


async def flood_replays(port: int, _dsn: str) -> None:
    """Sixty replays at a time: ten are the attacker's share."""
    async with held(port, REPLAY, 60) as flood:
        # A request that is refused after its headers were sent gets the event `overloaded`.
        refused = sum("event: overloaded" in text for text in flood.beginnings)
        assert flood.statuses[200] - refused <= 10
        assert flood.statuses[429] + refused >= 50
        assert "event: snapshot" in await other_gets(port, REPLAY)


async def flood_streams(port: int, _dsn: str) -> None:
    """More streams than an address may have open."""
    async with held(port, STREAM, 130):
        assert "event: snapshot" in await other_gets(port, STREAM)
        async with client(port, ATTACKER) as attacker, attacker.stream("GET", STREAM) as more:
            text = "".join([frame async for frame in more.aiter_text()])
        assert "sse.max_viewers_per_address" in text


async def flood_long_questions(port: int, dsn: str) -> None:
    """Forty that the database does not answer; short ones of another client go on meanwhile."""
    connection = await asyncpg.connect(dsn)
    async with connection.transaction(), client(port, ATTACKER) as attacker:
        await connection.execute("LOCK TABLE hourly_counts IN ACCESS EXCLUSIVE MODE")
        flood = [asyncio.create_task(attacker.get(LONG)) for _ in range(40)]
        while sum(task.done() for task in flood) < 38:
            assert "4b" not in await other_gets(port, SHORT)
            await asyncio.sleep(0.1)
        refused = Counter(task.result().status_code for task in flood if task.done())
        assert refused == {429: 38}
        for task in flood:
            task.cancel()
    await connection.close()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("flood", [flood_files, flood_replays, flood_streams, flood_long_questions])
def test_places(
    attack: Attack, dsn: str, flood: Callable[[int, str], Coroutine[None, None, None]]
) -> None:
    with attack.under_way():
        asyncio.run(flood(attack.port, dsn))
    attack.verify()


async def _flood_tickets(port: int, flood: str, other: str) -> None:
    async with client(port, ATTACKER, flood) as attacker, client(port, ATTACKER, other) as beside:
        statuses = Counter[int]()
        for _ in range(MAX_TICKETS.per_principal + 50):
            statuses[(await attacker.post("/sse/ticket")).status_code] += 1
        assert statuses == {200: MAX_TICKETS.per_principal, 429: 50}
        refused = await attacker.post("/sse/ticket")
        assert refused.headers["retry-after"] == "30"
        ticket = (await beside.post("/sse/ticket")).json()["ticket"]
        assert "event: snapshot" in await other_gets(port, f"/sse/flights?ticket={ticket}")


@pytest.mark.timeout(60)
def test_tickets(tmp_path: Path) -> None:
    """One principal asks for as many as it can; another gets its own, even at the same address."""
    flood, flood_entry = make_key(name="flood", scopes=["flights:live"])
    other, other_entry = make_key(name="other", scopes=["flights:live"])
    file = tmp_path / "keys.yaml"
    file.write_text(flood_entry + other_entry)
    access = {"mode": "required", "keys_file": str(file)}
    with SkyServer(aircraft=100, settings={"access": access}) as server:
        server.send("move")
        asyncio.run(_flood_tickets(server.port, flood, other))
