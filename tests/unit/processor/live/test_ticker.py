"""The ticker: which aircraft are shown by which clock, and how a wrong clock is reported."""

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from processor.live.broadcaster import Broadcaster
from processor.live.clock_report import CHANGE_SECONDS, REPEAT_SECONDS, ClockReport
from processor.live.connection_limits import ConnectionLimits
from processor.live.data_clock import DataClock
from processor.live.fleet import Update
from processor.live.lifetime import Lifetime
from processor.live.metrics import LiveMetrics
from processor.live.ticker import Ticker
from processor.settings import LiveSettings
from processor.stream.log_position import LogPosition
from testkit.state_vectors import START, state_vector

NOWHERE = LogPosition("epoch", (0,))
INTERVAL_SECONDS = 10
POLLS = 60


class _Live:
    """The live half without Kafka and HTTP, on a host whose clock can be set."""

    def __init__(self) -> None:
        self.passed = 0
        self.host_ahead = 0
        self.registry = CollectorRegistry()
        clock = DataClock(
            host=lambda: START + self.passed + self.host_ahead, monotonic=lambda: self.passed
        )
        metrics = LiveMetrics(self.registry)
        self._broadcaster = Broadcaster(
            metrics=metrics,
            limits=ConnectionLimits(subscribers=10, per_address=10, per_principal=10),
            lifetime=Lifetime(retry_ms=1000, max_age_seconds=3600, drain_seconds=0),
            clock=clock,
        )
        self.ticker = Ticker(
            settings=LiveSettings(),
            heartbeat_seconds=15,
            broadcaster=self._broadcaster,
            metrics=metrics,
            clock=clock,
        )
        self.ticker.begin(NOWHERE, NOWHERE)
        self.ticker.caught_up()
        self._offset = 0

    def poll(self, *, behind: int = 0, aircraft: int = 40) -> set[str]:
        """Read an answer in which half of the aircraft are new; return the aircraft shown."""
        self.passed += INTERVAL_SECONDS
        time = START + self.passed - behind
        first = self._offset // 20 % 2 * aircraft // 2
        for number in range(first, first + aircraft // 2):
            self.receive(f"{number:06x}", time - number % 5, poll_time=time)
        return self.shown()

    def receive(self, icao24: str, last_contact: int, *, poll_time: int | None = None) -> None:
        published_at = START + self.passed
        state = state_vector(icao24, last_contact)
        self.ticker.receive([Update(0, self._offset, state, poll_time, published_at)])
        self._offset += 1

    def shown(self) -> set[str]:
        self._broadcaster.tick()
        self.ticker.observe_times()
        return {one.icao24 for one in self._broadcaster.aircraft}

    def sample(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)


@pytest.mark.parametrize("behind", [0, 400, 7_200])
@pytest.mark.parametrize("step", [-600, 600])
def test_a_step_of_the_clock_changes_no_aircraft(step: int, behind: int) -> None:
    """Ten minutes either way: the same aircraft are shown as on a host with a steady clock."""
    stepped, steady = _Live(), _Live()
    for poll in range(POLLS):
        stepped.host_ahead = step if poll > POLLS // 2 else 0
        assert stepped.poll(behind=behind) == steady.poll(behind=behind)
    assert len(stepped.shown()) == 40
    assert (
        stepped.sample("flightmonitor_live_delay_seconds")
        == steady.sample("flightmonitor_live_delay_seconds")
        == 0
    )


def test_answers_400_s_behind_the_host_are_shown_and_reported() -> None:
    """All aircraft are shown, and /ready, the log and a gauge say why times look old."""
    live = _Live()
    with capture_logs() as logs:
        for _ in range(4):
            live.poll(behind=400)
    assert len(live.shown()) == 40
    assert live.sample("flightmonitor_live_clock_offset_seconds") == 400
    assert live.sample("flightmonitor_live_delay_seconds") == 0
    trouble = live.ticker.clock_trouble()
    assert trouble is not None
    assert "400 s ahead" in trouble
    assert "NTP" in trouble
    [line] = [line for line in logs if line["event"] == "clocks_differ"]
    assert line["offset_seconds"] == 400


def test_aircraft_expire_while_the_collector_is_silent() -> None:
    """Also if the data are late: only their silence counts."""
    live = _Live()
    for _ in range(3):
        live.poll(behind=400)
    live.passed += 299 - 10
    assert live.shown()
    live.passed += 11
    assert not live.shown()


def test_one_row_of_2099_is_counted_and_changes_nothing() -> None:
    """Neither the delay nor its aircraft nor the time of the events."""
    live = _Live()
    live.poll()
    with capture_logs() as logs:
        for _ in range(5):
            live.receive("000001", 4_070_908_800)
    live.poll()
    assert live.shown() == {f"{number:06x}" for number in range(40)}
    assert live.sample("flightmonitor_live_ignored_messages_total", reason="future") == 5
    assert live.sample("flightmonitor_live_delay_seconds") == 0
    assert [line["event"] for line in logs] == ["live_messages_ignored"]


def test_a_difference_is_logged_once_and_again_when_it_changes() -> None:
    """It is logged every ten minutes while it lasts, and so is its end."""
    report = ClockReport(LiveMetrics(CollectorRegistry()))
    with capture_logs() as logs:
        for offset, monotonic in [
            (None, 0),
            (0.4, 1),
            (400, 2),
            (401, 3),
            (400 + CHANGE_SECONDS + 1, 4),
            (431, 4 + REPEAT_SECONDS),
            (0, 5 + REPEAT_SECONDS),
            (0, 6 + REPEAT_SECONDS),
        ]:
            report.observe(offset, monotonic)
    assert [line.get("offset_seconds") for line in logs] == [400, 431, 431, None]
    assert logs[-1]["event"] == "clocks_agree"
    assert report.trouble is None
