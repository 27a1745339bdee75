"""Requests that cannot be answered are refused as documented."""

from typing import Any

import pytest

from processor.history import database
from processor.settings import HistorySettings
from testkit.history_site import HistorySite
from testkit.state_vectors import START

HOUR, DAY = 3_600, 86_400
HOUR_START = START // HOUR * HOUR


PATHS = (
    "/api/flights/4b1814/track",
    "/api/history/flights",
    "/api/history/at",
    "/api/history/tracks",
    "/api/history/density",
    "/api/statistics/hourly",
    "/api/statistics/countries",
    "/api/statistics/altitudes",
    "/api/statistics/busiest",
)
REQUIRED: dict[str, dict[str, Any]] = {
    "/api/history/at": {"time": START},
    "/api/history/tracks": {"icao24": "4b1814"},
    "/api/history/density": {"day": "2026-09-21"},
}
"""The parameters without which a path is refused."""

HOSTILE = ("\0", "", "inf", "NaN", "9" * 5_000, "-1", "1e999", "\U0001f6eb", "9999-12-31T23:59:59Z")


@pytest.mark.parametrize("path", PATHS)
async def test_hostile_values(site: HistorySite, path: str) -> None:
    """For any value of a parameter the status is one that is documented, and no server error."""
    paths = (await site.get("/openapi.json")).json()["paths"]
    described = paths[path.replace("4b1814", "{icao24}")]["get"]
    async with site.client() as client:
        for parameter in described["parameters"]:
            if parameter["in"] != "query":
                continue
            for value in HOSTILE:
                query = {**REQUIRED.get(path, {}), parameter["name"]: value}
                answer = await client.get(path, params=query)
                case = (parameter["name"], value[:10], answer.status_code)
                assert answer.status_code < 500, case
                assert str(answer.status_code) in described["responses"], case


@pytest.mark.parametrize("path", PATHS)
async def test_unknown_parameters_are_named(site: HistorySite, path: str) -> None:
    """A misspelt parameter is refused, because ignoring it would give a wrong answer."""
    answer = await site.get(path, **REQUIRED.get(path, {}), colour="red")
    assert answer.status_code == 422
    assert ["query", "colour"] in [detail["loc"] for detail in answer.json()["detail"]]


async def test_slow_requests_are_refused(site: HistorySite, dsn: str) -> None:
    """The error states the limit."""
    await site.store_flight()
    quick = HistorySettings(statement_timeout_seconds=0.2)
    async with HistorySite(dsn, history=quick) as hurried:
        await hurried.execute("BEGIN")
        await hurried.execute("LOCK TABLE flight_legs IN ACCESS EXCLUSIVE MODE")
        answer = await hurried.get("/api/history/flights")
        await hurried.execute("ROLLBACK")
    assert answer.status_code == 413
    assert "0.2 s" in answer.json()["detail"][0]["msg"]


async def test_a_database_that_does_not_answer(dsn: str) -> None:
    """Every route answers with a 503 and `Retry-After`."""
    async with HistorySite(dsn) as elsewhere:
        elsewhere.database._url = "postgresql://none@127.0.0.1:1/nothing"
        for path in ("/api/flights/4b1814", *PATHS):
            answer = await elsewhere.get(path, **REQUIRED.get(path, {}))
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            assert answer.json()["detail"][0]["type"] == "unavailable"


async def test_all_connections_in_use(site: HistorySite, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that finds every connection in use gets `Retry-After`, and is served later."""
    monkeypatch.setattr(database, "ACQUIRE_SECONDS", 0.1)
    async with site.database.reading(), site.database.reading():
        answer = await site.get("/api/history/flights")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    monkeypatch.undo()
    assert (await site.get("/api/history/flights")).status_code == 200
