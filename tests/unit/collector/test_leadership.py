"""The leadership on virtual time, with a membership that obeys the test."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from collector.clock import Clock
from collector.errors import FinalError, NotLeadingError
from collector.leadership import (
    GroupLeadership,
    SoleCollector,
    make_leadership,
    run_while_leading,
)
from collector.metrics import Metrics
from configuration.shared_sections import KafkaSettings
from testkit.virtual_time import run_in_virtual_time

GROUP = "telemetry.raw-collectors"


@dataclass
class FakeMember:
    """What the group says to one member."""

    leads: bool = False
    is_assigned: bool = False
    is_lost: bool = False
    is_confirmed: bool = True
    is_closed: bool = False
    confirmations: int = 0
    suspended_s: float = 0.0

    def poll(self) -> None:
        """Receive nothing."""

    async def confirm(self) -> bool:
        """Return what the test has set."""
        self.confirmations += 1
        await asyncio.sleep(self.suspended_s)
        return self.leads and self.is_confirmed

    def leader(self) -> str | None:
        """Return the other process."""
        return "elsewhere/7"

    def close(self) -> None:
        """Note it."""
        self.is_closed = True


class LoopClock(Clock):
    """The virtual time of the loop."""

    def monotonic(self) -> float:
        """Return the loop's seconds."""
        return asyncio.get_running_loop().time()


@dataclass
class Rig:
    """A leadership and its memberships."""

    members: list[FakeMember] = field(default_factory=list)
    metrics: Metrics = field(default_factory=lambda: Metrics(CollectorRegistry()))
    clock: LoopClock = field(default_factory=LoopClock)

    def __post_init__(self) -> None:
        """Join."""
        self.leadership = GroupLeadership(
            self._join, group=GROUP, metrics=self.metrics, clock=self.clock
        )
        self.following = asyncio.create_task(self.leadership.run())

    def _join(self) -> FakeMember:
        self.members.append(FakeMember())
        return self.members[-1]

    @property
    def gauge(self) -> float | None:
        """What /metrics shows."""
        return self.metrics.registry.get_sample_value("flightmonitor_collector_leading")

    async def lead(self) -> None:
        """Be given the leadership."""
        self.members[-1].leads = self.members[-1].is_assigned = True
        await self.leadership.take()


Scenario = Callable[[Rig], Coroutine[Any, Any, None]]


@pytest.fixture(autouse=True)
def _no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Virtual time does not wait for threads, and this membership never blocks."""

    async def call(function: Callable[[], object]) -> object:
        return function()

    def call_at_once(function: Callable[[], None]) -> asyncio.Future[None]:
        function()
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    monkeypatch.setattr(asyncio, "to_thread", call)
    monkeypatch.setattr("collector.leadership._in_background", call_at_once)


def play(scenario: Scenario) -> list[dict[str, Any]]:
    """Run a scenario; return the log."""

    async def run() -> None:
        rig = Rig()
        await scenario(rig)
        rig.following.cancel()

    with capture_logs() as logs:
        run_in_virtual_time(run())
    return [dict(each) for each in logs]


def test_standby_says_so_once_and_takes_over() -> None:
    """The line names the leader; the gauge follows."""

    async def scenario(rig: Rig) -> None:
        rig.members[-1].is_assigned = True
        taking = asyncio.create_task(rig.leadership.take())
        await asyncio.sleep(60)
        assert not taking.done()
        assert rig.gauge == 0
        with pytest.raises(NotLeadingError):
            await rig.leadership.confirm()
        assert rig.members[-1].confirmations == 0
        rig.members[-1].leads = True
        await asyncio.wait_for(taking, 1)
        assert rig.gauge == 1
        await rig.leadership.confirm()

    logs = play(scenario)
    assert [each["event"] for each in logs] == ["standing_by", "leadership_taken"]
    assert (logs[0]["group"], logs[0]["leader"]) == (GROUP, "elsewhere/7")


def test_single_collector_says_nothing() -> None:
    """It leads with the group's first answer."""

    async def scenario(rig: Rig) -> None:
        taking = asyncio.create_task(rig.leadership.take())
        await asyncio.sleep(1)
        rig.members[-1].leads = True
        await taking

    assert play(scenario) == []


def test_group_that_waits_for_a_killed_member_is_no_silence() -> None:
    """After a crash the next process is not answered before the session of the first ends."""

    async def scenario(rig: Rig) -> None:
        taking = asyncio.create_task(rig.leadership.take())
        await asyncio.sleep(9)
        rig.members[-1].leads = True
        await taking

    assert [each["event"] for each in play(scenario)] == ["standing_by", "leadership_taken"]


def test_lost_leadership_ends_the_work_at_once_and_joins_again() -> None:
    """The new membership is another one, which is younger."""

    async def scenario(rig: Rig) -> None:
        await rig.lead()
        working = asyncio.create_task(run_while_leading(asyncio.sleep(3_600), rig.leadership))
        await asyncio.sleep(10)
        rig.members[-1].leads, rig.members[-1].is_lost = False, True
        await asyncio.wait_for(working, 1)
        assert rig.gauge == 0
        await asyncio.sleep(1)
        assert [each.is_closed for each in rig.members] == [True, False]
        await rig.lead()
        assert rig.gauge == 1

    (line,) = play(scenario)
    assert (line["event"], line["log_level"]) == ("leadership_lost", "warning")
    assert "10 s" in line["reason"]


def test_leadership_of_another_is_lost_without_joining_again() -> None:
    """The membership stays as it is."""

    async def scenario(rig: Rig) -> None:
        await rig.lead()
        rig.members[-1].leads = False
        await asyncio.wait_for(rig.leadership.lost(), 1)
        assert len(rig.members) == 1

    (line,) = play(scenario)
    assert "another collector" in line["reason"]


def test_confirmation_is_waited_for_while_kafka_is_away() -> None:
    """No request is sent meanwhile, and the first one when Kafka confirms."""

    async def scenario(rig: Rig) -> None:
        await rig.lead()
        rig.members[-1].is_confirmed = False
        confirming = asyncio.create_task(rig.leadership.confirm())
        await asyncio.sleep(5)
        assert not confirming.done()
        rig.members[-1].is_confirmed = True
        await asyncio.wait_for(confirming, 1)

    assert play(scenario) == []


def test_confirmation_from_before_a_suspension_does_not_count() -> None:
    """Kafka confirmed, the process was suspended and replaced, and reads the answer only now."""

    async def scenario(rig: Rig) -> None:
        await rig.lead()
        rig.members[-1].suspended_s = 60
        confirming = asyncio.create_task(rig.leadership.confirm())
        await asyncio.sleep(61)
        assert not confirming.done()
        rig.members[-1].leads, rig.members[-1].is_lost = False, True
        with pytest.raises(NotLeadingError):
            await confirming

    assert [each["event"] for each in play(scenario)] == ["leadership_lost"]


def test_stop_is_not_delayed_by_a_kafka_that_is_away() -> None:
    """What was requested is still published if Kafka confirms, and else not."""

    async def scenario(rig: Rig) -> None:
        await rig.lead()
        rig.clock.stop()
        await rig.leadership.confirm()
        rig.members[-1].is_confirmed = False
        with pytest.raises(NotLeadingError):
            await asyncio.wait_for(rig.leadership.confirm(), 1)
        await rig.leadership.leave()
        assert rig.members[-1].is_closed
        assert rig.gauge == 0

    assert play(scenario) == []


def test_errors_of_the_work_are_those_of_the_run() -> None:
    """A lost leadership is none of them: the next take waits."""

    async def failing(error: Exception) -> None:
        raise error

    async def scenario(rig: Rig) -> None:
        await rig.lead()
        with pytest.raises(FinalError):
            await run_while_leading(failing(FinalError("wrong credentials")), rig.leadership)
        await run_while_leading(failing(NotLeadingError("gone")), rig.leadership)

    assert play(scenario) == []


async def test_without_standby_no_group_is_asked(metrics: Metrics) -> None:
    """The collector leads at once."""
    settings = KafkaSettings(bootstrap_servers="127.0.0.1:9", collector_standby=False)
    leadership = make_leadership(settings, metrics=metrics, clock=Clock(), deliver=lambda: None)
    assert isinstance(leadership, SoleCollector)
    await leadership.take()
    await leadership.confirm()
    await leadership.leave()
    assert metrics.registry.get_sample_value("flightmonitor_collector_leading") == 1
