"""The host's clock is set while the processor runs, on real Kafka and TimescaleDB."""

import time
from pathlib import Path

import httpx
import pytest

from collector.leadership import LEAVE_SECONDS
from testkit.deployment import Deployment
from testkit.fake_clock import FakeClock, unavailable_reason
from testkit.pipeline import Pipeline
from testkit.producer import HEADERS, Outgoing, as_messages, vectors
from testkit.queries import fetch_value
from testkit.sse_subscriber import StreamSubscriber
from testkit.waiting import wait_until

pytestmark = [
    pytest.mark.real_kafka,
    pytest.mark.real_database,
    pytest.mark.skipif(unavailable_reason() is not None, reason=str(unavailable_reason())),
]

FLEET = 200
STOP_SECONDS = 5.0
LEFT_SECONDS = LEAVE_SECONDS + STOP_SECONDS
"""librdkafka's own thread waits for a moment of the wall clock, so it may not leave the group."""

POLLS_AFTER = 8
"""At one a second, so that the account has some from before and some from after."""


def _poll(number: int, *, behind: int = 0) -> list[Outgoing]:
    """Return what the collector publishes of one answer in which every aircraft is new."""
    now = int(time.time()) - behind
    found = vectors(FLEET, aircraft=FLEET, start=now, seed=number)
    headers = (*HEADERS, ("poll-time", str(now).encode()))
    return [
        message._replace(headers=headers, timestamp_ms=now * 1000) for message in as_messages(found)
    ]


def _metric(url: str, name: str) -> float:
    lines = httpx.get(f"{url}/metrics", timeout=10).text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


@pytest.mark.parametrize("step", [600, -600])
def test_an_archive_goes_on_and_ends_when_the_clock_was_set(
    deployment: Deployment, tmp_path: Path, step: int
) -> None:
    """It stores what comes, names the step, and SIGTERM ends it as fast as ever."""
    clock = FakeClock(tmp_path)
    archive = deployment.archive(**clock.environment)
    deployment.publish(_poll(1))
    deployment.wait_until_stored()
    clock.set_ahead(step)
    stepped = archive.wait_for_event("host_clock_stepped")
    assert abs(stepped["by_seconds"] - step) < 5
    for number in range(2, 5):
        deployment.publish(_poll(number))
        deployment.wait_until_stored(timeout_s=20)
    assert fetch_value(deployment.database_url, "SELECT count(*) FROM dead_letters") == 0
    began = time.monotonic()
    assert archive.stop() == 0
    assert time.monotonic() - began < STOP_SECONDS


def _held(subscriber: StreamSubscriber) -> dict[str, int]:
    return {icao24: state["last_contact"] for icao24, state in subscriber.subscriber.fleet.items()}


@pytest.mark.parametrize("step", [600, -600])
def test_the_same_aircraft_are_shown_when_the_clock_was_set(
    deployment: Deployment, tmp_path: Path, step: int
) -> None:
    """None is removed, none kept too long, the delay is a delay, and /ready names the clock."""
    clock = FakeClock(tmp_path)
    deployment.publish(_poll(1))
    live = deployment.live(**clock.environment)
    with StreamSubscriber(live.url) as subscriber:
        subscriber.wait_for_event("snapshot")
        clock.set_ahead(step)
        live.wait_for_event("host_clock_stepped")
        live.wait_for_event("clocks_differ")
        later = _poll(2)
        deployment.publish(later)
        newest = max(_held(subscriber).values())
        subscriber.wait_for(
            lambda: min(_held(subscriber).values()) > newest, timeout_s=20, what="the second poll"
        )
        assert len(_held(subscriber)) == FLEET
        assert "remove" not in subscriber.names
    ready = httpx.get(f"{live.url}/ready", timeout=10)
    assert ready.status_code == 200
    assert "NTP" in ready.json()["reasons"]["clock"]
    assert 0 <= _metric(live.url, "flightmonitor_live_delay_seconds") < 60
    assert abs(_metric(live.url, "flightmonitor_live_clock_offset_seconds") - step) < 60


@pytest.mark.parametrize("ahead", [600, -600])
def test_a_sky_is_shown_by_an_instance_that_starts_with_a_wrong_clock(
    deployment: Deployment, tmp_path: Path, ahead: int
) -> None:
    """From the first answer on that comes after it has read the log."""
    clock = FakeClock(tmp_path)
    clock.set_ahead(ahead)
    for number, age in enumerate((30, 20, 10, 0)):
        deployment.publish(_poll(number, behind=age))
    live = deployment.live(**clock.environment)
    live.wait_for_event("live_state_complete")
    deployment.publish(_poll(5))
    wait_until(
        lambda: _metric(live.url, "flightmonitor_live_aircraft") == FLEET,
        timeout_s=20,
        what="all aircraft",
    )


@pytest.mark.parametrize("role", ["archive", "live"])
def test_sigterm_ends_a_quiet_instance_whose_clock_was_set_back(
    deployment: Deployment, tmp_path: Path, role: str
) -> None:
    """Its wait for messages is not one for the moment that the clock showed before."""
    clock = FakeClock(tmp_path)
    deployment.publish(_poll(1))
    service = deployment.service("processor", "--role", role, **clock.environment)
    service.wait_for_event("assigned" if role == "archive" else "live_state_complete")
    if role == "archive":
        deployment.wait_until_stored()
    clock.set_ahead(-600)
    service.wait_for_event("host_clock_stepped")
    began = time.monotonic()
    assert service.stop() == 0
    assert time.monotonic() - began < STOP_SECONDS


@pytest.mark.parametrize("step", [3_600, -3_600])
def test_a_collector_goes_on_when_the_clock_was_set(
    deployment: Deployment, tmp_path: Path, step: int
) -> None:
    """It requests at the same pace with the token that it has, and publishes each contact once."""
    clock = FakeClock(tmp_path)
    pipeline = Pipeline(deployment, aircraft=FLEET, of_collector=clock.environment)
    collector = pipeline.collector
    wait_until(lambda: len(collector.events("polled")) > 2, timeout_s=30, what=collector.log_tail)
    clock.set_ahead(step)
    polled = len(collector.events("polled"))
    wait_until(
        lambda: len(collector.events("polled")) >= polled + POLLS_AFTER,
        timeout_s=3 * POLLS_AFTER,
        what=collector.log_tail,
    )
    began = time.monotonic()
    assert collector.stop() == 0
    assert time.monotonic() - began < LEFT_SECONDS
    deployment.wait_until_stored()
    account = deployment.check()
    assert (account.repeated, account.dead_letters) == (0, 0)
    assert account.rows > FLEET
