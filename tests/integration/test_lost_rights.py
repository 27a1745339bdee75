"""Replays and exports end within seconds when their right is gone; those of others go on."""

import asyncio
import datetime as dt
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from configuration.shared_sections import AccessSettings
from processor.settings import HistorySettings, SseSettings
from standalone.database import EmbeddedDatabase
from testkit.history_site import HistorySite
from testkit.keys_file import KeysFile
from testkit.migration import create_migrated_database
from testkit.state_vectors import START, state_vector
from testkit.subscriber import Subscriber
from testkit.timescale import Timescale

SCOPES = ["flights:live", "flights:history"]
EXPORT = f"/api/history/state_vectors?from={START}&to={START + 3_600}&format=geojson"
REPLAY = f"/sse/flights?from={START}&to={START + 900}&speed=1"
MANY = 30_000
"""Rows whose file is larger than what kernel and server hold for a reader, 1 MB or so."""

SECONDS = 5
"""In which all is to end."""


@pytest.fixture(
    scope="module", params=["embedded", pytest.param("timescale", marks=pytest.mark.real_database)]
)
def dsn(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give a migrated database of each kind."""
    if request.param == "timescale":
        timescale: Timescale = request.getfixturevalue("timescale")
        timescale.start()
        dsn = create_migrated_database(timescale.dsn)
        yield dsn
        timescale.drop_database(dsn)
        return
    folder = Path(tempfile.mkdtemp(prefix="embedded-"))
    folder.chmod(0o755)
    with EmbeddedDatabase(folder) as embedded:
        dsn = create_migrated_database(embedded.url)
        yield dsn
    shutil.rmtree(folder)


class _Site:
    """A history with two keys: of one that loses its rights, and of one that keeps them."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.file = KeysFile(folder / "keys.yaml")
        self.loser = self.file.add("loser", SCOPES)
        self.keeper = self.file.add("keeper", SCOPES)
        self.history = HistorySite(
            dsn,
            history=HistorySettings(max_connections=16),
            access=AccessSettings(mode="required", keys_file=self.file.path),
            sse=SseSettings(heartbeat_seconds=1, drain_seconds=0),
        )

    async def fill(self) -> None:
        """Store an hour with a state vector in each second."""
        await self.history.execute("TRUNCATE stored_state_vectors")
        await self.history.store(
            *(state_vector(f"{n % 50:06x}", START + n * 3_600 // MANY) for n in range(MANY))
        )
        self.history.now = START + 7_200.0


@pytest.fixture
async def site(dsn: str, tmp_path: Path) -> AsyncIterator[_Site]:
    site = _Site(dsn, tmp_path)
    async with site.history:
        await site.fill()
        watching = asyncio.create_task(site.history.gate.watch())
        yield site
        watching.cancel()


class _Replay:
    """A replay that is read all the time."""

    def __init__(self, site: _Site, key: str) -> None:
        self.subscriber = Subscriber()
        self.reading = asyncio.create_task(self._read(site.history.client(key)))

    async def _read(self, client: httpx2.AsyncClient) -> None:
        headers = {"accept-encoding": "identity"}
        async with client, client.stream("GET", REPLAY, headers=headers) as answer:
            async for received in answer.aiter_raw():
                self.subscriber.feed(received)


async def _wait_until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not holds():  # noqa: ASYNC110 - a state of the server's
            await asyncio.sleep(0.01)


def _lose(site: _Site, how: str) -> None:
    if how == "deleted":
        site.file.delete("loser")
    elif how == "narrowed areas":
        site.file.change("loser", areas=["5,45,11,48"])
    elif how == "narrowed scopes":
        site.file.change("loser", scopes=["flights:live"])
    elif how == "expired":
        site.file.change("loser", expires=dt.date(2020, 1, 1))


WAYS = ["deleted", "narrowed areas", "narrowed scopes", "expired"]


@pytest.mark.parametrize("how", WAYS)
async def test_a_replay_ends_with_its_right(site: _Site, how: str) -> None:
    """By a last event that says why; that of another goes on."""
    loser, keeper = _Replay(site, site.loser), _Replay(site, site.keeper)
    await _wait_until(
        lambda: "update" in loser.subscriber.names and "update" in keeper.subscriber.names
    )
    _lose(site, how)
    await asyncio.wait_for(loser.reading, SECONDS)
    assert loser.subscriber.names[-1] == "bye"
    assert "the API key" in loser.subscriber.events[-1].data
    seen = len(keeper.subscriber.events)
    await _wait_until(lambda: len(keeper.subscriber.events) > seen)
    assert not keeper.reading.done()
    keeper.reading.cancel()


@pytest.mark.parametrize("how", WAYS)
async def test_an_export_ends_with_its_right(site: _Site, how: str) -> None:
    """Visibly broken off, while its reader takes nothing; that of another comes whole."""
    async with (
        site.history.client(site.loser) as loser,
        site.history.client(site.keeper) as keeper,
        loser.stream("GET", EXPORT) as lost,
        keeper.stream("GET", EXPORT) as kept,
    ):
        frames, others = lost.aiter_raw(), kept.aiter_raw()
        await anext(frames)
        content = await anext(others)
        _lose(site, how)
        await _wait_until(lambda: len(site.history.gate._grants._held) == 1)
        with pytest.raises(httpx2.TransportError):
            async for _ in frames:
                pass
        async for frame in others:
            content += frame
    assert content.count(b'"Feature"') == MANY


async def test_who_has_got_nothing_yet_gets_a_status(site: _Site) -> None:
    """The database takes its time over the first rows, and the key is deleted meanwhile."""
    await site.history.execute("SET lock_timeout = 0")
    await site.history.execute("BEGIN")
    await site.history.execute("LOCK TABLE state_vectors IN ACCESS EXCLUSIVE MODE")
    try:
        asking = asyncio.create_task(site.history.get(EXPORT, site.loser))
        await _wait_until(lambda: bool(site.history.gate._grants))
        started = time.monotonic()
        site.file.delete("loser")
        answer = await asyncio.wait_for(asking, SECONDS)
        assert time.monotonic() - started < SECONDS
    finally:
        await site.history.execute("ROLLBACK")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    assert answer.json()["reason"] == "the API key was deleted"


async def test_a_file_that_is_cut_off_ends_neither(site: _Site) -> None:
    """Wherever: the replay goes on and the export comes whole."""
    keys = site.history.gate._keys
    assert keys is not None
    replay, whole = _Replay(site, site.loser), site.file.text
    async with (
        site.history.client(site.loser) as client,
        client.stream("GET", EXPORT) as answer,
    ):
        frames = answer.aiter_raw()
        content = await anext(frames)
        for length in range(0, len(whole) - len("...\n"), 7):
            site.file.write(whole[:length])
            await keys.reload()
            site.history.gate._grants.review()
            assert keys.trouble() is not None
        async for frame in frames:
            content += frame
    assert content.count(b'"Feature"') == MANY
    seen = len(replay.subscriber.events)
    await _wait_until(lambda: len(replay.subscriber.events) > seen)
    replay.reading.cancel()
