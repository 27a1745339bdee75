"""The host's clock is set while the processor runs, on real Kafka and TimescaleDB."""

import time
from pathlib import Path

import httpx
import pytest

from tests.support.fake_clock import FakeClock, unavailable_reason
from tests.support.producer import HEADERS, Outgoing, as_messages, vectors
from tests.support.queries import fetch_value
from tests.support.stage import Stage

pytestmark = [
    pytest.mark.real_kafka,
    pytest.mark.real_database,
    pytest.mark.skipif(unavailable_reason() is not None, reason=str(unavailable_reason())),
]

FLEET = 200
STOP_SECONDS = 5.0


def _poll(number: int, *, behind: int = 0) -> list[Outgoing]:
    """Return what the collector publishes of one answer in which every aircraft is new."""
    now = int(time.time()) - behind
    found = vectors(FLEET, aircraft=FLEET, start=now, seed=number)
    headers = (*HEADERS, ("poll-time", str(now).encode()))
    return [message._replace(headers=headers) for message in as_messages(found)]


def _metric(url: str, name: str) -> float:
    lines = httpx.get(f"{url}/metrics", timeout=10).text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


@pytest.mark.parametrize("step", [600, -600])
def test_an_archive_goes_on_and_ends_when_the_clock_was_set(
    stage: Stage, tmp_path: Path, step: int
) -> None:
    """It stores what comes, names the step, and SIGTERM ends it as fast as ever."""
    clock = FakeClock(tmp_path)
    archive = stage.archive(**clock.environment)
    stage.publish(_poll(1))
    stage.wait_until_stored()
    clock.set_ahead(step)
    stepped = archive.wait_for_event("host_clock_stepped")
    assert abs(stepped["by_seconds"] - step) < 5
    for number in range(2, 5):
        stage.publish(_poll(number))
        stage.wait_until_stored(timeout_s=20)
    assert fetch_value(stage.database_url, "SELECT count(*) FROM dead_letters") == 0
    began = time.monotonic()
    assert archive.stop() == 0
    assert time.monotonic() - began < STOP_SECONDS


@pytest.mark.parametrize("role", ["archive", "live"])
def test_sigterm_ends_a_quiet_instance_whose_clock_was_set_back(
    stage: Stage, tmp_path: Path, role: str
) -> None:
    """Its wait for messages is not one for the moment that the clock showed before."""
    clock = FakeClock(tmp_path)
    stage.publish(_poll(1))
    service = stage.service("processor", "--role", role, **clock.environment)
    service.wait_for_event("assigned" if role == "archive" else "live_picture_whole")
    if role == "archive":
        stage.wait_until_stored()
    clock.set_ahead(-600)
    service.wait_for_event("host_clock_stepped")
    began = time.monotonic()
    assert service.stop() == 0
    assert time.monotonic() - began < STOP_SECONDS
