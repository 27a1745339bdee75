"""The poller over hours, with a clock of its own, an OpenSky of invented traffic and no Kafka."""

import itertools
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

from collector.errors import FinalError, NotLeadingError, TransientError, UnauthorizedError
from collector.metrics import Metrics
from collector.opensky import OpenSky
from collector.settings import Area, OpenSkySettings
from telemetry.state_vector import StateVector
from tests.unit.collector.conftest import NOW, FakeClock, row
from tests.unit.collector.poller_rig import (
    AIRCRAFT,
    SILENT,
    Rig,
    Sky,
    between,
    events,
)


@pytest.fixture
def rig(clock: FakeClock, metrics: Metrics, opensky_settings: OpenSkySettings) -> Rig:
    """Give a poller that asks each 10 s, with credits for that."""
    settings = opensky_settings.model_copy(update={"credits_per_day": 90_000})
    return Rig(clock, metrics, settings, Sky(clock, remaining=90_000))


async def test_publishes_each_contact_once(rig: Rig) -> None:
    """Each poll publishes the six that are received; the silent one comes only at the first."""
    await rig.run(100)
    contacts = rig.publisher.contacts()
    assert len(rig.sky.live()) == 10
    assert len(contacts) == len(set(contacts)) == 6 * 10 + 1
    assert rig.count("ok") == 10


async def test_a_message_says_where_it_comes_from(rig: Rig) -> None:
    """The answer's time, the source and one trace for each poll."""
    await rig.run(20)
    origins = rig.publisher.origins
    assert [(each.poll_time - NOW, each.source) for each in origins] == [
        (0, "global"),
        (10, "global"),
    ]
    assert len({each.traceparent for each in origins}) == 2
    assert all(len(each.traceparent) == 55 for each in origins)


async def test_a_rejected_row_is_published_once(rig: Rig) -> None:
    """It repeats in each answer as other rows do."""
    rig.sky.extra_rows = [row("00000e", 17)]
    logs = await rig.run(50)
    assert [each.icao24 for each in rig.publisher.rejected] == ["00000e"]
    assert [each["rejected"] for each in logs if each["event"] == "polled"] == [1] * 5


async def test_a_restart_publishes_nothing_twice_and_keeps_the_pace(rig: Rig) -> None:
    """With what the tail of the topic tells."""
    rig.published.seed(dict.fromkeys(AIRCRAFT, NOW - 4) | {SILENT: NOW - 100})
    rig.covered = {"global": NOW - 4}
    logs = await rig.run(30)
    assert rig.sky.live()[0] == 6
    assert "first_poll_waits" in events(logs)
    assert SILENT not in {each.icao24 for each in rig.publisher.vectors}
    assert rig.sky.past() == []


async def test_a_failing_opensky_is_logged_once_and_asked_less_and_less(rig: Rig) -> None:
    """It never ends the process; the interval widens up to eightfold."""
    rig.sky.fault = between(0, 1_000, rig.clock, lambda: httpx2.Response(502))
    rig.settings = rig.settings.model_copy(update={"max_attempts": 1})
    logs = await rig.run(1_300)
    live = rig.sky.live()
    gaps = [later - earlier for earlier, later in itertools.pairwise(live)]
    assert gaps[:9] == [10, 10, 10, 10, 20, 40, 80, 80, 80]
    assert events(logs)[:2] == ["opensky_failing", "opensky_recovered"]
    assert rig.count("transient") == rig.count("transient") > 5


async def test_a_budget_that_the_account_does_not_have_is_reported(rig: Rig) -> None:
    """Once: polls become rare although OpenSky refuses nothing."""
    rig.sky.remaining = 4_000
    rig.settings = rig.settings.model_copy(update={"credits_per_day": 96_000})
    logs = await rig.run(3 * 3_600)
    found = [each for each in logs if each["event"] == "credits_at_reserve"]
    assert len(found) == 1
    assert found[0]["credits_remaining"] < 4_800
    assert found[0]["wait_seconds"] > 1_000
    assert "opensky.credits_per_day" in found[0]["hint"]
    assert len(rig.sky.live()) <= 4


async def test_nothing_at_all_is_sent_while_a_429_lasts(rig: Rig) -> None:
    """Neither for other areas nor for the past."""
    boxes = {"a": 10, "b": 20}
    areas = tuple(
        Area(name=name, lamin=at, lomin=0, lamax=at + 5, lomax=5) for name, at in boxes.items()
    )
    rig.settings = rig.settings.model_copy(update={"areas": areas})
    headers = {"X-Rate-Limit-Retry-After-Seconds": "700"}
    rig.sky.fault = between(100, 101, rig.clock, lambda: httpx2.Response(429, headers=headers))
    logs = await rig.run(900)
    asked = [at - NOW for at, _, _ in rig.sky.requested]
    assert [at for at in asked if 100 <= at < 800] == [100]
    assert 800 in asked
    assert events(logs).count("credits_used_up") == events(logs).count("opensky_recovered") == 1
    assert rig.count("rate_limited") == 1


async def test_an_outage_is_filled_in_oldest_first(rig: Rig) -> None:
    """Live polls keep their pace, and each contact is published once."""
    rig.sky.fault = between(100, 300, rig.clock, lambda: httpx2.Response(503))
    logs = await rig.run(600)
    past = rig.sky.past()
    assert past == sorted(past)
    assert 90 < min(past) < 110
    assert 280 < max(past) < 400
    contacts = rig.publisher.contacts()
    assert len(contacts) == len(set(contacts))
    received = sorted(contact - NOW for icao24, contact in contacts if icao24 == AIRCRAFT[0])
    gaps = [later - earlier for earlier, later in itertools.pairwise(received)]
    assert max(gaps) <= 12
    live = [at for at in rig.sky.live() if at > 450]
    assert all(later - earlier == 10 for earlier, later in itertools.pairwise(live))
    assert events(logs) == [
        "opensky_failing",
        "opensky_recovered",
        "back_fill_planned",
        "back_fill_done",
    ]
    assert rig.metrics.registry.get_sample_value("flightmonitor_collector_back_fill_pending") == 0


async def test_an_outage_is_noticed_however_far_the_interval_was_widened(rig: Rig) -> None:
    """Eight failures: the polls are eight times as far apart by then."""
    rig.settings = rig.settings.model_copy(update={"max_attempts": 1})
    rig.sky.fault = between(10, 190, rig.clock, lambda: httpx2.Response(503))
    await rig.run(500)
    assert len(rig.sky.past()) > 10


async def test_what_the_first_live_poll_after_an_outage_shows_is_not_filled_in_again(
    rig: Rig,
) -> None:
    """An aircraft that came and fell silent in the outage stands in past answers too."""
    rig.covered = {"global": NOW - 200}
    rig.sky.extra_rows = [row("00000e", NOW - 150)]
    await rig.run(100)
    assert len(rig.sky.past()) > 15
    assert rig.publisher.contacts().count(("00000e", NOW - 150)) == 1


async def test_an_hour_is_filled_in_after_a_429_of_hours(rig: Rig) -> None:
    """As after any other outage, once credits are there again."""
    headers = {"X-Rate-Limit-Retry-After-Seconds": "7000"}
    rig.sky.fault = between(100, 101, rig.clock, lambda: httpx2.Response(429, headers=headers))
    await rig.run(7_400)
    assert 7_100 - 3_600 < min(rig.sky.past()) < 7_100 - 3_000


async def test_the_downtime_of_the_process_is_filled_in_up_to_an_hour(rig: Rig) -> None:
    """Known from the last poll-time on the topic."""
    rig.published.seed(dict.fromkeys(AIRCRAFT, NOW - 7200))
    rig.covered = {"global": NOW - 7_200}
    await rig.run(2_000)
    past = rig.sky.past()
    assert -3_600 < min(past) < -3_000
    assert len(past) > 200


@pytest.mark.parametrize(
    ("is_authenticated", "changes"),
    [(False, {}), (True, {"max_back_fill_seconds": 0})],
)
async def test_nothing_is_filled_in_without_leave(
    rig: Rig, *, is_authenticated: bool, changes: dict[str, Any]
) -> None:
    """OpenSky ignores `time` for anonymous clients; 0 switches it off."""
    rig.is_authenticated = is_authenticated
    rig.settings = rig.settings.model_copy(update=changes)
    rig.covered = {"global": NOW - 1_000}
    await rig.run(300)
    assert len(rig.sky.live()) == 30
    assert rig.sky.past() == []


async def test_few_credits_are_kept_for_live_polls(rig: Rig) -> None:
    """At most half of what is above the reserve goes into the past."""
    rig.settings = rig.settings.model_copy(update={"credits_per_day": 4_000})
    rig.sky.remaining = 300
    rig.covered = {"global": NOW - 3_000}
    await rig.run(3_600)
    assert 0 < len(rig.sky.past()) * 4 <= 50


async def test_a_moment_that_opensky_refuses_is_skipped(rig: Rig) -> None:
    """One 400 does not end the back-fill."""
    rig.covered = {"global": NOW - 100}
    refused: list[str] = []

    def fault(request: httpx2.Request) -> httpx2.Response | None:
        if "time" in request.url.params and not refused:
            refused.append(request.url.params["time"])
            return httpx2.Response(400)
        return None

    rig.sky.fault = fault
    logs = await rig.run(200)
    assert events(logs) == ["back_fill_planned", "back_fill_refused", "back_fill_done"]
    assert len(rig.sky.past()) == 9


async def test_what_kafka_did_not_take_is_asked_for_again(rig: Rig) -> None:
    """A broker that was away for minutes leaves no hole in the tracks."""
    pause = rig.clock.pause

    async def pause_and_break(seconds: float) -> None:
        await pause(seconds)
        rig.publisher.is_failing = 100 <= rig.clock.now() - NOW < 200

    rig.clock.pause = pause_and_break  # type: ignore[method-assign]
    await rig.run(400)
    contacts = rig.publisher.contacts()
    received = sorted(contact - NOW for icao24, contact in contacts if icao24 == AIRCRAFT[0])
    assert max(b - a for a, b in itertools.pairwise(received)) <= 12
    assert len(contacts) == len(set(contacts))


async def test_areas_that_cost_as_much_as_the_globe_are_kept_with_a_warning(rig: Rig) -> None:
    """The user asked for them; the log says what is cheaper."""
    areas = tuple(Area(name=f"a{n}", lamin=n, lomin=0, lamax=n + 20, lomax=20) for n in (0, 30))
    rig.settings = rig.settings.model_copy(update={"areas": areas})
    logs = await rig.run(15)
    assert events(logs) == ["areas_cost_as_much_as_the_globe"]
    assert {area for _, _, area in rig.sky.requested} == {"0", "30"}
    assert {each.source for each in rig.publisher.origins} == {"a0", "a30"}


async def test_wrong_credentials_end_it(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one failure that waiting does not cure."""

    async def authorize(_: OpenSky) -> None:
        raise UnauthorizedError("wrong")

    monkeypatch.setattr(OpenSky, "authorize", authorize)
    with pytest.raises(FinalError):
        await rig.run(100)


async def test_a_token_endpoint_that_is_down_costs_no_credits(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was asked of the API."""

    async def authorize(_: OpenSky) -> None:
        raise TransientError("down")

    monkeypatch.setattr(OpenSky, "authorize", authorize)
    poller = rig.poller()
    rig.clock.stop_at = NOW + 300
    with capture_logs():
        await poller.run()
    assert rig.sky.requested == []
    assert poller._governor.remaining == 90_000


def hold_reports(rig: Rig, is_delivered: Callable[[StateVector], bool]) -> None:
    """Let Kafka be away from second 100 to 200; then it reports on all that was queued."""
    pause = rig.clock.pause

    async def pause_and_hold(seconds: float) -> None:
        await pause(seconds)
        is_away = 100 <= rig.clock.now() - NOW < 200
        if rig.publisher.holds_reports and not is_away:
            rig.publisher.report(is_delivered)
        rig.publisher.holds_reports = rig.publisher.is_failing = is_away

    rig.clock.pause = pause_and_hold  # type: ignore[method-assign]


async def test_what_was_queued_and_then_delivered_is_not_asked_for_again(rig: Rig) -> None:
    """An outage of Kafka costs no credits when its queue outlasts it."""
    hold_reports(rig, lambda _: True)
    logs = await rig.run(400)
    assert rig.sky.past() == []
    assert "back_fill_planned" not in events(logs)
    contacts = rig.publisher.contacts()
    assert len(contacts) == len(set(contacts)) == 6 * 40 + 1


async def test_only_the_moments_that_failed_for_good_are_asked_for_again(rig: Rig) -> None:
    """Those whose messages were too old when Kafka came back, and none of the others."""
    hold_reports(rig, lambda each: each.last_contact - NOW >= 150)
    await rig.run(400)
    past = rig.sky.past()
    assert 4 <= len(past) <= 6
    assert all(95 <= moment <= 150 for moment in past)
    contacts = rig.publisher.contacts()
    assert len(contacts) == len(set(contacts))
    times = sorted(contact - NOW for icao24, contact in contacts if icao24 == AIRCRAFT[0])
    assert max(b - a for a, b in itertools.pairwise(times)) <= 12


async def test_a_report_that_is_late_plans_nothing(rig: Rig) -> None:
    """While it is outstanding its moment is neither there nor missing, whatever follows it."""
    hold_reports(rig, lambda _: True)
    pause = rig.clock.pause

    async def pause_without_alarm(seconds: float) -> None:
        await pause(seconds)
        rig.publisher.is_failing = False

    rig.clock.pause = pause_without_alarm  # type: ignore[method-assign]
    await rig.run(400)
    assert rig.sky.past() == []


async def test_a_single_moment_that_failed_is_asked_for_again(rig: Rig) -> None:
    """However short the outage of Kafka was."""
    hold_reports(rig, lambda each: each.last_contact - NOW != 150)
    await rig.run(400)
    assert len(rig.sky.past()) == 1
    contacts = rig.publisher.contacts()
    assert len(contacts) == len(set(contacts))


async def test_a_new_reason_of_a_failing_opensky_is_said(rig: Rig) -> None:
    """First 503, then 403: blocked."""
    rig.settings = rig.settings.model_copy(update={"max_attempts": 1})
    rig.sky.fault = lambda _: httpx2.Response(503 if rig.clock.now() - NOW < 60 else 403)
    logs = await rig.run(600)
    reasons = [each["reason"] for each in logs if each["event"] == "opensky_failing"]
    assert len(reasons) == 2
    assert "503" in reasons[0]
    assert "403" in reasons[1]


async def test_nothing_is_requested_without_the_leadership(rig: Rig) -> None:
    """Kafka is asked right before each request, after the token was fetched."""
    rig.is_leading = False
    with pytest.raises(NotLeadingError):
        await rig.run(100)
    assert rig.sky.requested == []


async def test_answer_that_comes_after_the_leadership_was_lost_is_not_published(rig: Rig) -> None:
    """A process that was suspended in a request is resumed beside a second leader."""

    def lose(_: httpx2.Request) -> None:
        rig.is_leading = False

    rig.sky.fault = lose
    with pytest.raises(NotLeadingError):
        await rig.run(100)
    assert len(rig.sky.requested) == 1
    assert rig.publisher.vectors == []
    assert rig.publisher.origins == []
