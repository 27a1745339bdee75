"""Out of the history into the living picture: nothing is missing and nothing comes twice."""

import asyncio
import json
from random import Random

import pytest

from processor.live.connection_limits import StreamClient
from processor.replay import handover, session
from processor.replay.request import parse_question
from processor.stream.encoder import SSE_ENCODERS
from processor.stream.query import parse_query
from testkit.history_log import HistoryLog, Traffic
from testkit.migration import migrate
from testkit.subscriber import Subscriber

pytestmark = pytest.mark.real_database

TOO_SLOW_S = 0.03
"""For turns that come twenty times as often as in life."""

Sent = tuple[str, int]


class _Watching:
    """A viewer that catches up."""

    def __init__(self, log: HistoryLog, since: int, slowness_s: float = 0) -> None:
        self.since = since
        self.slowness_s = slowness_s
        self.subscriber = Subscriber()
        self._log = log
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        log, wire = self._log, SSE_ENCODERS["identity"]
        with log.broadcaster.subscription(StreamClient("somewhere"), parse_query([])) as subscriber:
            subscriber.past = parse_question([("from", str(self.since))], log.clock())
            async for frame in log.replay.stream(subscriber, wire, ""):
                self.subscriber.feed(frame)
                await asyncio.sleep(self.slowness_s)

    @property
    def is_live(self) -> bool:
        epoch = self.subscriber.last_event_id.partition(".")[0]
        return epoch not in {"", "replay", "nearly"}

    def sent(self) -> list[Sent]:
        return [
            (state["icao24"], state["last_contact"])
            for event in self.subscriber.events
            if event.event == "update"
            for state in json.loads(event.data)["states"]
        ]

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])


@pytest.fixture
def log(database_url: str, monkeypatch: pytest.MonkeyPatch) -> HistoryLog:
    """Give a log whose clock runs fast, so that far more turns pass than the seam keeps."""
    migrate(database_url)
    monkeypatch.setattr(handover, "MAX_TURNS", 64 * 20)
    return HistoryLog(database_url)


async def _play(log: HistoryLog, random: Random, longest_s: float) -> list[_Watching]:
    """Let viewers come while all goes on, and wait until everybody has arrived at live."""
    traffic = Traffic(random, 60)
    for second in range(-600, 0):
        log.publish(traffic.burst(int(log.clock()) + second))
    await log.store_all()
    log.broadcaster.open()
    watching: list[_Watching] = []
    async with log.archiving(random, longest_s):
        for turn in range(160):
            log.publish(traffic.burst(int(log.clock())))
            log.broadcaster.tick()
            if turn % 4 == 0 and turn < 100:
                since = int(log.clock()) - random.choice([1, 30, 100, 500])
                watching.append(_Watching(log, since, random.choice([0, 0, 0.01, 0.03])))
            await asyncio.sleep(0.05)
    await log.store_all()
    async with asyncio.timeout(40):
        while not all(one.is_live for one in watching):
            log.broadcaster.tick()
            await asyncio.sleep(0.05)
    return watching


@pytest.mark.parametrize(("seed", "longest_s"), [(1, 0.02), (2, 0.3), (3, 1.0)])
async def test_each_state_vector_once(log: HistoryLog, seed: int, longest_s: float) -> None:
    """However the archive lags, and whenever the viewer comes to the seam."""
    async with log:
        watching = await _play(log, Random(seed), longest_s)
        await asyncio.sleep(1)
        for one in watching:
            await one.stop()
        picture = {a.icao24: a.state_vector.last_contact for a in log.broadcaster.aircraft}
    for one in watching:
        assert "reset" not in one.subscriber.names
        newest: dict[str, int] = {}
        sent = one.sent()
        for icao24, last_contact in sent:
            assert newest.get(icao24, 0) < last_contact
            newest[icao24] = last_contact
        held = {icao24: state["last_contact"] for icao24, state in one.subscriber.fleet.items()}
        assert held == picture
        if one.slowness_s >= TOO_SLOW_S:
            continue  # it was told the newest only of what it missed once it was live
        # What is heard of an earlier moment after the viewer has come is news all the same.
        assert {item for item in sent if item[1] >= one.since} == {
            (state.icao24, state.last_contact)
            for state in log.published
            if state.last_contact >= one.since
        }


async def test_an_archive_that_stands_still(
    log: HistoryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came in between is not known for certain: that is said, and the whole picture told."""
    monkeypatch.setattr(session, "REACH_SECONDS", 0.5)
    monkeypatch.setattr(handover, "CERTAINTY_SECONDS", 0.1)
    traffic = Traffic(Random(1), 60)
    async with log:
        log.publish(traffic.burst(int(log.clock())))
        await log.store_all()
        log.publish(traffic.burst(int(log.clock())))
        log.broadcaster.open()
        one = _Watching(log, int(log.clock()) - 100)
        async with asyncio.timeout(10):
            while not one.is_live:
                log.broadcaster.tick()
                await asyncio.sleep(0.05)
        await one.stop()
        assert {"update", "reset"} <= set(one.subscriber.names)
        assert one.subscriber.names[one.subscriber.names.index("reset") + 1] == "snapshot"
        assert one.subscriber.fleet.keys() == {a.icao24 for a in log.broadcaster.aircraft}


async def test_before_the_living_picture_is_whole(log: HistoryLog) -> None:
    """A viewer waits, and is told all."""
    traffic = Traffic(Random(1), 60)
    async with log:
        log.publish(traffic.burst(int(log.clock())))
        await log.store_all()
        one = _Watching(log, int(log.clock()) - 100)
        await asyncio.sleep(1.5)
        assert one.subscriber.names[0] == "snapshot"
        log.broadcaster.open()
        async with asyncio.timeout(20):
            while not one.is_live:
                log.broadcaster.tick()
                await asyncio.sleep(0.05)
        await one.stop()
        assert "reset" not in one.subscriber.names
        assert sorted(one.sent()) == sorted((a.icao24, a.last_contact) for a in log.published)
