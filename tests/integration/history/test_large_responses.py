"""Answers that a client does not read cannot fill the memory: each client has a few places."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator

import httpx2
import pytest

from processor.http.history import large_responses
from processor.http.server import paced_sender
from processor.settings import HistorySettings
from testkit.history_site import HistorySite
from testkit.state_vectors import START, state_vector

ROWS = 12_000
PATH = f"/api/history/at?time={START}&format=object"
FLOOD = {"X-Forwarded-For": "192.0.2.1", "Accept-Encoding": "identity"}
OTHER = FLOOD | {"X-Forwarded-For": "192.0.2.2"}


@contextlib.asynccontextmanager
async def serving(dsn: str, **history: float) -> AsyncIterator[HistorySite]:
    settings = HistorySettings.model_validate(history)
    async with HistorySite(dsn, history=settings) as site:
        await site.execute("TRUNCATE stored_state_vectors")
        await site.store(*(state_vector(f"{number:06x}", START) for number in range(ROWS)))
        yield site


async def test_answers_that_are_not_taken_are_bounded(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three of twelve responses to one client are made, nine refused; another client is served."""
    monkeypatch.setattr(large_responses, "PATIENCE_SECONDS", 0.5)
    async with serving(dsn) as site, site.client() as client, contextlib.AsyncExitStack() as stack:

        async def request() -> httpx2.Response:
            return await stack.enter_async_context(client.stream("GET", PATH, headers=FLOOD))

        answers = await asyncio.gather(*(request() for _ in range(12)))
        statuses = Counter(answer.status_code for answer in answers)
        assert statuses == {200: 3, 429: 9}
        whole = await client.get(PATH, headers=OTHER)
        assert len(whole.json()["states"]) == ROWS


async def test_an_answer_that_is_taken_too_slowly_is_broken_off(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its place becomes free again."""
    monkeypatch.setattr(paced_sender, "WINDOW_SECONDS", 0.3)
    async with (
        serving(dsn, min_export_bytes_per_second=100_000_000) as site,
        site.client() as client,
        client.stream("GET", PATH, headers=FLOOD) as answer,
    ):
        assert answer.status_code == 200
        with pytest.raises(httpx2.TransportError):
            await read_slowly(answer)


async def read_slowly(answer: httpx2.Response) -> None:
    async for _ in answer.aiter_raw():
        await asyncio.sleep(0.05)
