"""The poller where a clock is wrong: the host's, OpenSky's, or that of what stands on the topic."""

import itertools
import json
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

import httpx2
import pytest
from prometheus_client import CollectorRegistry
from typing_extensions import override

from collector.metrics import Metrics
from collector.settings import OpenSkySettings
from tests.unit.collector.conftest import NOW, FakeClock, row
from tests.unit.collector.poller_rig import AIRCRAFT, Rig, Sky, between, events

HOUR = 3_600


@dataclass
class TimedSky(Sky):
    """Answers with a Date; some answers are `ahead` of it, by the seconds since the start."""

    ahead: dict[int, int] = field(default_factory=dict)
    rows_ahead: int = 0
    has_date: bool = True
    grants_history: bool = True

    @override
    def handle(self, request: httpx2.Request) -> httpx2.Response:
        """Note the request and answer it."""
        asked = request.url.params.get("time")
        elapsed = int(self.clock.time) - NOW
        self.requested.append((NOW + elapsed, int(asked) if asked else None, None))
        if (fault := self.fault(request)) is not None:
            return fault
        time = int(asked) if asked and self.grants_history else int(self.clock.time)
        time += self.ahead.get(elapsed, self.ahead.get(-1, 0))
        rows = [row(icao24, time + self.rows_ahead) for icao24 in AIRCRAFT] + self.extra_rows
        headers = {"Content-Type": "application/json"}
        if self.has_date:
            headers["Date"] = formatdate(self.clock.time, usegmt=True)
        content = json.dumps({"time": time, "states": rows})
        return httpx2.Response(200, headers=headers, content=content)


@dataclass
class TimedRig(Rig):
    """A rig with such a sky."""

    sky: TimedSky

    def value(self, name: str, **labels: str) -> float:
        """Return what a metric shows."""
        return self.metrics.registry.get_sample_value(name, labels)  # type: ignore[return-value]

    def contacts_of(self, icao24: str = AIRCRAFT[0]) -> list[int]:
        """Return the contacts of an aircraft on the topic, in seconds since the start."""
        return [contact - NOW for each, contact in self.publisher.contacts() if each == icao24]


@pytest.fixture
def rig(clock: FakeClock, opensky_settings: OpenSkySettings) -> TimedRig:
    """Give a poller that asks each 10 s, with credits for that."""
    settings = opensky_settings.model_copy(update={"credits_per_day": 90_000})
    return TimedRig(clock, Metrics(CollectorRegistry()), settings, TimedSky(clock))


def logged(logs: list[dict[str, Any]], event: str) -> list[dict[str, Any]]:
    """Return the lines of this event."""
    return [each for each in logs if each["event"] == event]


@pytest.mark.parametrize("ahead", [HOUR, 301, -2 * HOUR, -22 * 365 * 24 * HOUR])
async def test_an_answer_of_another_time_is_refused_and_the_next_one_is_not(
    rig: TimedRig, ahead: int
) -> None:
    """The host's clock and the HTTP Date contradict it; nothing of it is published or kept."""
    rig.sky.ahead = {20: ahead}
    logs = await rig.run(60)
    assert rig.contacts_of() == [0, 10, 30, 40, 50]
    assert rig.publisher.rejected == []
    assert rig.sky.live() == [0, 10, 20, 30, 40, 50]  # not repeated at once: it would be the same
    assert rig.count("implausible_time") == 1
    (refused,) = logged(logs, "answer_refused")
    values = refused["values"]
    times = (values["answer_time"], values["host"], values["http_date"])
    assert times == (NOW + 20 + ahead, NOW + 20, NOW + 20)


async def test_answers_that_are_all_of_another_time_are_named_each_ten_minutes(
    rig: TimedRig,
) -> None:
    """Not at each poll."""
    rig.sky.ahead = {-1: HOUR}
    logs = await rig.run(1_000)
    assert rig.publisher.vectors == []
    assert len(logged(logs, "answer_refused")) == 2
    assert len(logged(logs, "opensky_failing")) == 1


@pytest.mark.parametrize("host_error", [-600, -HOUR, 600, 40 * 24 * HOUR, -50 * 365 * 24 * HOUR])
async def test_a_wrong_clock_of_the_host_is_named_and_does_not_matter(
    rig: TimedRig, host_error: int
) -> None:
    """The HTTP Date agrees with the answer: two of three clocks."""
    rig.clock.host_error = host_error
    logs = await rig.run(1_300)
    assert rig.contacts_of() == list(range(0, 1_300, 10))
    warnings = logged(logs, "host_clock_wrong")
    assert [each["seconds"] for each in warnings] == [host_error] * 3
    assert "NTP" in warnings[0]["hint"]
    assert (
        rig.value("flightmonitor_collector_clock_offset_seconds", witness="http_date") == host_error
    )
    assert (
        rig.value("flightmonitor_collector_clock_offset_seconds", witness="answer_time")
        == host_error
    )
    assert 0 <= rig.value("flightmonitor_collector_source_age_seconds") <= 10


async def test_a_clock_that_steps_while_it_runs_is_named_with_its_size(rig: TimedRig) -> None:
    """The log has another line when the clock steps by much, and when it is right again."""
    pause = rig.clock.pause

    async def pause_and_step(seconds: float) -> None:
        await pause(seconds)
        elapsed = rig.clock.time - NOW
        rig.clock.host_error = (
            0 if elapsed < 50 or elapsed >= 150 else -600 if elapsed < 100 else 90
        )

    rig.clock.pause = pause_and_step  # type: ignore[method-assign]
    logs = await rig.run(200)
    assert rig.contacts_of() == list(range(0, 200, 10))
    named = [(each["event"], each.get("seconds")) for each in logs if "host_clock" in each["event"]]
    assert named == [
        ("host_clock_wrong", -600),
        ("host_clock_wrong", 90),
        ("host_clock_right", None),
    ]


@pytest.mark.parametrize(("host_error", "contacts"), [(600, [0, 10, 20]), (-600, [])])
async def test_without_a_date_the_host_s_clock_is_the_only_witness(
    rig: TimedRig, host_error: int, contacts: list[int]
) -> None:
    """An answer from its future is refused, one from its past may just be old."""
    rig.sky.has_date = False
    rig.clock.host_error = host_error
    logs = await rig.run(30)
    assert rig.contacts_of() == contacts
    assert ["NTP" in each["reason"] for each in logged(logs, "answer_refused")] == [True] * (
        not contacts
    )


async def test_a_wrong_date_is_outvoted(rig: TimedRig) -> None:
    """The host's clock agrees with the answer; the proxy in between is wrong."""
    rig.sky.has_date = False
    inner = rig.sky.handle

    def handle(request: httpx2.Request) -> httpx2.Response:
        response = inner(request)
        response.headers["Date"] = formatdate(rig.clock.time - 2 * HOUR, usegmt=True)
        return response

    rig.sky.handle = handle  # type: ignore[method-assign]
    logs = await rig.run(30)
    assert rig.contacts_of() == [0, 10, 20]
    assert events(logs) == []


async def test_old_answers_are_published_and_named(rig: TimedRig) -> None:
    """All clocks are right: it is OpenSky that lags, and aircraft leave the map for it."""
    rig.sky.ahead = {-1: -400}
    logs = await rig.run(100)
    assert len(rig.contacts_of()) == 10
    assert [each["seconds"] for each in logged(logs, "answers_old")] == [400]
    assert rig.value("flightmonitor_collector_source_age_seconds") >= 400


@pytest.mark.parametrize("contact", [4_070_908_800, NOW + 3_000, 1_100_000_000, NOW - 4_000])
async def test_a_row_of_another_time_is_set_aside_and_mutes_nothing(
    rig: TimedRig, contact: int
) -> None:
    """With the reason, once; later rows of the same aircraft are published."""
    rig.sky.extra_rows = [row(AIRCRAFT[0], contact)]
    logs = await rig.run(50)
    assert rig.contacts_of() == [0, 10, 20, 30, 40]
    (rejected,) = rig.publisher.rejected
    assert rejected.icao24 == AIRCRAFT[0]
    assert str(contact) in rejected.raw.decode()
    assert rejected.reason.startswith(f"last_contact: {contact} is ")
    assert rig.value("flightmonitor_collector_misdated_rows_total") == 5
    assert [each["rejected"] for each in logs if each["event"] == "polled"] == [1] * 5


async def test_a_position_of_the_future_loses_its_time(rig: TimedRig) -> None:
    """The rest of the row is usable."""
    rig.sky.extra_rows = [row("00000e", NOW, time_position=NOW + 5_000)]
    await rig.run(10)
    (vector,) = [each for each in rig.publisher.vectors if each.icao24 == "00000e"]
    assert (vector.time_position, vector.last_contact) == (None, NOW)
    assert rig.value("flightmonitor_collector_repaired_fields_total", field="time_position") == 1


async def test_an_answer_whose_rows_are_of_another_time_is_refused(rig: TimedRig) -> None:
    """When most are, it is the answer's own time that is wrong."""
    rig.sky.extra_rows = [row(f"{number:06x}", NOW + HOUR) for number in range(1_000, 1_101)]
    logs = await rig.run(5)
    assert rig.publisher.vectors == []
    (refused,) = logged(logs, "answer_refused")
    assert (refused["values"]["misdated"], refused["values"]["rows"]) == (101, 107)


async def test_of_many_rows_of_another_time_a_hundred_are_set_aside(rig: TimedRig) -> None:
    """The others are counted; nothing good is lost for them."""
    good = [row(f"{number:06x}", NOW) for number in range(1_000, 1_200)]
    rig.sky.extra_rows = good + [row(f"{number:06x}", NOW + 99) for number in range(2_000, 2_150)]
    logs = await rig.run(5)
    assert len(rig.publisher.vectors) == len(AIRCRAFT) + 200
    assert len(rig.publisher.rejected) == 100
    assert rig.value("flightmonitor_collector_misdated_rows_total") == 150
    assert [each["rows"] for each in logs if each["event"] == "polled"] == [356]


async def test_times_from_the_future_that_an_earlier_process_left_are_forgotten(
    rig: TimedRig,
) -> None:
    """Nothing is muted by them, and the first answer says how many there were."""
    rig.published.seed(dict.fromkeys(AIRCRAFT, NOW + HOUR))
    rig.covered = {"global": NOW + HOUR}
    rig.clock.time += 20
    logs = await rig.run(100)
    assert len(rig.contacts_of()) >= 9
    assert [each["aircraft"] for each in logged(logs, "future_contacts_forgotten")] == [6]


async def test_polls_that_bring_only_what_is_old_are_named_once(rig: TimedRig) -> None:
    """Within the minute that is tolerated, too."""
    rig.published.seed(dict.fromkeys(AIRCRAFT, NOW + 59))
    logs = await rig.run(100)
    assert rig.contacts_of() == [60, 70, 80, 90]
    assert [each["polls"] for each in logged(logs, "nothing_new_for_polls")] == [5]


@pytest.mark.parametrize(
    ("host_error", "covered", "published"),
    [
        (0, -4, -4),
        (HOUR, -4, HOUR - 4),  # wrong then as now
        (0, -4, HOUR - 4),  # wrong then
        (0, -4, None),
        (0, None, -4),
    ],
)
async def test_the_pace_of_the_last_process_is_kept_with_a_wrong_clock(
    rig: TimedRig, host_error: int, covered: int | None, published: int | None
) -> None:
    """Restarts in a row must not use up the day."""
    rig.clock.host_error = host_error
    rig.covered = {} if covered is None else {"global": NOW + covered}
    rig.last_published_at = None if published is None else NOW + published
    await rig.run(30)
    assert rig.sky.live()[0] == 6


async def test_the_past_is_asked_for_by_opensky_s_clock(rig: TimedRig) -> None:
    """With the host's clock two hours ahead, the last hour is still the last hour."""
    rig.clock.host_error = 2 * HOUR
    rig.sky.fault = between(100 + 2 * HOUR, 300 + 2 * HOUR, rig.clock, lambda: httpx2.Response(503))
    await rig.run(600)
    assert len(rig.sky.past()) > 15
    contacts = sorted(rig.contacts_of())
    assert max(b - a for a, b in itertools.pairwise(contacts)) <= 12


@pytest.mark.parametrize("answer", ["now", "400"])
async def test_a_back_fill_that_is_not_granted_is_given_up_with_one_warning(
    rig: TimedRig, answer: str
) -> None:
    """Two answers of another moment than asked, or two 400: the credits are for the present."""
    rig.covered = {"global": NOW - 1_000}
    rig.sky.grants_history = False
    if answer == "400":
        rig.sky.fault = lambda each: httpx2.Response(400) if "time" in each.url.params else None
    logs = await rig.run(300)
    assert len(rig.sky.past()) == 2
    warnings = [each["event"] for each in logs if each["log_level"] == "warning"]
    assert warnings == ["back_fill_given_up"]
    assert rig.contacts_of() == list(range(0, 300, 10))
    assert rig.value("flightmonitor_collector_back_fill_pending") == 0


async def test_a_refusal_now_and_then_does_not_end_a_back_fill(rig: TimedRig) -> None:
    """Only two in a row do."""
    rig.covered = {"global": NOW - 200}
    requests = iter(range(10_000))

    def fault(request: httpx2.Request) -> httpx2.Response | None:
        is_refused = "time" in request.url.params and next(requests) % 2
        return httpx2.Response(400) if is_refused else None

    rig.sky.fault = fault
    logs = await rig.run(300)
    assert len(rig.sky.past()) == 19
    assert events(logs)[-1] == "back_fill_done"
