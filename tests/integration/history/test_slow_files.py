"""Each client has a share of the places for files, and slow or late files end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx2
import pytest

from processor.http.server import paced_sender
from processor.http.server.paced_sender import DeadlineError, PacedSender, SendDeadlines
from processor.settings import HistorySettings
from testkit.history_site import HistorySite
from testkit.state_vectors import START, state_vector

PATH = f"/api/history/state_vectors?from={START}&to={START + 86_400}&format=geojson"
ROWS = 40_000
"""The file of so many rows is larger than the buffers of kernel and server, about 1 MB."""

FLOOD, OTHER = {"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "192.0.2.2"}


async def fill(site: HistorySite) -> None:
    await site.execute("TRUNCATE stored_state_vectors")
    await site.store(*(state_vector(f"{n % 400:06x}", START + n // 400 * 60) for n in range(ROWS)))


@contextlib.asynccontextmanager
async def serving(dsn: str, **history: float) -> AsyncIterator[HistorySite]:
    settings = HistorySettings.model_validate({"max_connections": 16} | history)
    async with HistorySite(dsn, history=settings) as site:
        await fill(site)
        yield site


async def read_slowly(answer: httpx2.Response) -> int:
    """Read a little from time to time; return the number of bytes before the connection ended."""
    size = 0
    try:
        async for frame in answer.aiter_raw():
            size += len(frame)
            await asyncio.sleep(0.05)
    except httpx2.TransportError:
        return size
    pytest.fail("the file was whole")


def ended(site: HistorySite, outcome: str) -> float:
    return (
        site.registry.get_sample_value(
            "flightmonitor_history_downloads_total", {"outcome": outcome}
        )
        or 0
    )


async def test_slow_downloads_of_one_client_leave_places_to_others(dsn: str) -> None:
    """Without shares, four slow downloads would hold every place."""
    async with serving(dsn) as site, site.client() as client, contextlib.AsyncExitStack() as stack:
        answers = [
            await stack.enter_async_context(client.stream("GET", PATH, headers=FLOOD))
            for _ in range(4)
        ]
        assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
        refused = answers[-1]
        await refused.aread()
        assert refused.headers["retry-after"] == "30"
        assert (refused.json()["bound"], refused.json()["limit"]) == ("address", 2)
        whole = await client.get(PATH, headers=OTHER)
        assert whole.text.count('"Feature"') == ROWS


async def test_a_download_that_its_client_takes_too_slowly_is_broken_off(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its place becomes free again."""
    monkeypatch.setattr(paced_sender, "WINDOW_SECONDS", 0.3)
    async with serving(dsn, min_export_bytes_per_second=100_000_000) as site:
        async with site.client() as client, client.stream("GET", PATH, headers=FLOOD) as answer:
            assert answer.status_code == 200
            assert await read_slowly(answer) > 0
        assert ended(site, "slow") == 1


async def test_a_download_that_takes_longer_than_allowed_is_broken_off(dsn: str) -> None:
    """It ends although its client reads everything at once."""
    async with serving(dsn, max_export_seconds=0.5) as site:
        async with site.client() as client, client.stream("GET", PATH, headers=FLOOD) as answer:
            assert answer.status_code == 200
            assert await read_slowly(answer) > 0
        assert ended(site, "late") == 1


async def test_a_download_that_is_late_before_it_begins_has_a_status(dsn: str) -> None:
    """The error asks for a shorter time range."""
    async with serving(dsn, max_export_seconds=0.3) as site:
        await site.execute("BEGIN")
        await site.execute("LOCK TABLE state_vectors IN ACCESS EXCLUSIVE MODE")
        answer = await site.get(PATH.partition("?")[0])
        await site.execute("ROLLBACK")
    assert answer.status_code == 413
    assert "history.max_export_seconds" in answer.text


async def test_a_whole_download_is_counted(dsn: str) -> None:
    async with serving(dsn) as site:
        assert (await site.get(PATH.partition("?")[0])).status_code == 200
        assert ended(site, "whole") == 1


async def test_only_the_time_in_which_the_client_keeps_the_server_waiting_counts() -> None:
    """A slow database does not count against the client, and neither does a short pause."""
    now = 0.0
    waiting_s = 0.0

    async def send(_message: object) -> None:
        nonlocal now
        now += waiting_s

    slow = PacedSender(send, SendDeadlines(900, min_bytes_per_second=1_000), clock=lambda: now)
    for _ in range(100):
        now += 60
        await slow.send_chunk(b"a row")
    waiting_s = 59
    await slow.send_chunk(b"a pause")
    waiting_s = 1
    await slow.send_chunk(bytes(60_000))
    for _ in range(59):
        await slow.send_chunk(bytes(900))
    with pytest.raises(DeadlineError, match="the client read 900 bytes/s, and 1000 is the minimum"):
        await slow.send_chunk(bytes(900))
