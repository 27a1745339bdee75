"""The handover of a replay to the live stream: nothing is missing and nothing is sent twice."""

import asyncio
import json
from random import Random

import pytest

from processor.live.connection_limits import StreamClient
from processor.replay import handover, session
from processor.replay.request import parse_replay_request
from processor.stream.encoder import SSE_ENCODERS
from processor.stream.query import parse_query
from testkit.history_log import HistoryLog, LateTraffic
from testkit.subscriber import Subscriber

pytestmark = pytest.mark.real_database

TOO_SLOW_SECONDS = 0.03
"""With this pause after each frame a subscriber may be too slow, with twenty times as many ticks
as in production."""

Sent = tuple[str, int]


class _ReplaySubscriber:
    """A subscriber that replays up to the present and goes on live."""

    def __init__(self, log: HistoryLog, since: int, pause_seconds: float = 0) -> None:
        self.since = since
        self.pause_seconds = pause_seconds
        self.subscriber = Subscriber()
        self._log = log
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        log, encoder = self._log, SSE_ENCODERS["identity"]
        with log.broadcaster.subscription(StreamClient("somewhere"), parse_query([])) as subscriber:
            subscriber.replay_request = parse_replay_request(
                [("from", str(self.since))], log.clock()
            )
            async for frame in log.replay.stream(subscriber, encoder, ""):
                self.subscriber.feed(frame)
                await asyncio.sleep(self.pause_seconds)

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
def log(migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> HistoryLog:
    """Give a log whose clock runs fast, with a bound of missed ticks that fits it."""
    monkeypatch.setattr(handover, "MAX_MISSED_TICKS", 64 * 20)
    return HistoryLog(migrated_url)


async def _play(log: HistoryLog, random: Random, longest_pause: float) -> list[_ReplaySubscriber]:
    """Open replays while messages are published and stored; wait until all of them are live."""
    traffic = LateTraffic(random, 60)
    for second in range(-600, 0):
        log.publish(traffic.burst(int(log.clock()) + second))
    await log.store_all()
    log.broadcaster.open()
    subscribers: list[_ReplaySubscriber] = []
    async with log.archiving(random, longest_pause):
        for tick in range(120):
            log.publish(traffic.burst(int(log.clock())))
            log.broadcaster.tick()
            if tick % 4 == 0 and tick < 80:
                since = int(log.clock()) - random.choice([1, 30, 100, 500])
                subscribers.append(_ReplaySubscriber(log, since, random.choice([0, 0, 0.01, 0.03])))
            await asyncio.sleep(0.05)
    await log.store_all()
    async with asyncio.timeout(40):
        while not all(one.is_live for one in subscribers):
            log.broadcaster.tick()
            await asyncio.sleep(0.05)
    # Those that have just become live may have removed aircraft that expired since the last tick.
    log.broadcaster.tick()
    return subscribers


@pytest.mark.parametrize(("seed", "longest_pause"), [(1, 0.02), (2, 0.3), (3, 1.0)])
async def test_each_state_vector_once(log: HistoryLog, seed: int, longest_pause: float) -> None:
    """However far the archive lags, and whenever the handover begins."""
    async with log:
        subscribers = await _play(log, Random(seed), longest_pause)
        await asyncio.sleep(1)
        for one in subscribers:
            await one.stop()
        live = {a.icao24: a.state_vector.last_contact for a in log.broadcaster.aircraft}
    for one in subscribers:
        assert "reset" not in one.subscriber.names
        newest: dict[str, int] = {}
        sent = one.sent()
        for icao24, last_contact in sent:
            assert newest.get(icao24, 0) < last_contact
            newest[icao24] = last_contact
        held = {icao24: state["last_contact"] for icao24, state in one.subscriber.fleet.items()}
        assert held == live
        if one.pause_seconds >= TOO_SLOW_SECONDS:
            continue  # it received only the newest state of each aircraft
        # A late message with an older time is sent too, if it is published after the replay began.
        assert {item for item in sent if item[1] >= one.since} == {
            (state.icao24, state.last_contact)
            for state in log.published
            if state.last_contact >= one.since
        }


async def test_a_stalled_archive(log: HistoryLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the subscriber missed cannot be determined, so it gets a reset and a snapshot."""
    monkeypatch.setattr(session, "MAX_ARCHIVE_WAIT_SECONDS", 0.5)
    monkeypatch.setattr(handover, "STORED_TIME_WAIT_SECONDS", 0.1)
    traffic = LateTraffic(Random(1), 60)
    async with log:
        log.publish(traffic.burst(int(log.clock())))
        await log.store_all()
        log.publish(traffic.burst(int(log.clock())))
        log.broadcaster.open()
        one = _ReplaySubscriber(log, int(log.clock()) - 100)
        async with asyncio.timeout(10):
            while not one.is_live:
                log.broadcaster.tick()
                await asyncio.sleep(0.05)
        await one.stop()
        assert {"update", "reset"} <= set(one.subscriber.names)
        assert one.subscriber.names[one.subscriber.names.index("reset") + 1] == "snapshot"
        assert one.subscriber.fleet.keys() == {a.icao24 for a in log.broadcaster.aircraft}


async def test_before_the_live_stream_is_open(log: HistoryLog) -> None:
    """The subscriber waits, and then receives every state vector."""
    traffic = LateTraffic(Random(1), 60)
    async with log:
        log.publish(traffic.burst(int(log.clock())))
        await log.store_all()
        one = _ReplaySubscriber(log, int(log.clock()) - 100)
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
