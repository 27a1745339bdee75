"""The soak: steady traffic, viewers that come and go, and a server that stays as it was."""

import time

import pytest

from testkit.changing_subscribers import PassersBy
from testkit.clients import ReturningClients
from testkit.fault_seed import fault_seed
from testkit.sky_process import SkyServer
from testkit.sky_server import Account
from testkit.trend import fit
from testkit.waiting import wait_until

SEED = 20_260_731

SHORT_S, LONG_S = 60, 3_600
SAMPLES = 30
"""Samples in the second half; in the first half the server reaches its working size."""

VISITS_PER_SECOND = 20.0
VIEWERS_AT_LEAST = 20

SHORT_KIB_PER_VISIT = 8.0
"""A task that is never freed has 8 KiB and more, with its frames, its buffers and its request."""

LONG_KIB_PER_VISIT = 0.25
"""A small object or two; over a week at this pace that would be 3 GiB, so no more than that."""

TASKS_OF_A_SUBSCRIBER = 4
_SETTINGS = {"sse": {"max_viewers_per_address": 1_000}}

UNDER_WAY = 30
"""Connections that are not viewers yet or not any more, and what their ends take."""


@pytest.mark.timeout(SHORT_S + 90)
def test_a_minute_of_coming_and_going() -> None:
    """Memory in use, tasks and descriptors stay what they were; afterwards none is left over."""
    _soak(SHORT_S, SHORT_KIB_PER_VISIT)


@pytest.mark.nightly
@pytest.mark.timeout(LONG_S + 300)
def test_an_hour_of_coming_and_going() -> None:
    """A longer run shows a leak of one object for each visit."""
    _soak(LONG_S, LONG_KIB_PER_VISIT)


def _soak(seconds: float, most_kib_per_visit: float) -> None:
    seed = fault_seed(SEED)
    passers_by = PassersBy(seed)
    with SkyServer(aircraft=1_000, seed=seed, settings=_SETTINGS) as server:
        empty = server.send("move")
        visitors = ReturningClients(server.port, passers_by.visits(), per_second=VISITS_PER_SECOND)
        visitors.watch = passers_by.learn
        with visitors:
            time.sleep(seconds / 2)
            samples = _sample(server, seconds / 2)
        wait_until(lambda: _is_empty(server, empty), timeout_s=30, what=lambda: str(server.send()))
        errors = server.send().errors
    _check_memory(samples, most_kib_per_visit)
    _check_counts(samples, empty)
    assert errors == []
    _check_visits(passers_by, visitors, seconds)


def _is_empty(server: SkyServer, empty: Account) -> bool:
    """Whether it is as before anybody came, but for the task with which SSE waits for the end."""
    now = server.send()
    return (now.subscribers, now.files) == (0, empty.files) and now.tasks <= empty.tasks + 1


def _sample(server: SkyServer, seconds: float) -> list[tuple[float, Account]]:
    """Ask how the server is at regular times; what is free has been given back before."""
    samples = []
    started = time.monotonic()
    for number in range(1, SAMPLES + 1):
        time.sleep(max(0.0, started + number * seconds / SAMPLES - time.monotonic()))
        samples.append((time.monotonic(), server.send("collect")))
    return samples


def _check_memory(samples: list[tuple[float, Account]], most_kib_per_visit: float) -> None:
    times = [at for at, _ in samples]
    trend = fit(times, [account.resident_kib for _, account in samples])
    most = most_kib_per_visit * VISITS_PER_SECOND
    assert trend.at_most <= most, f"{trend} KiB/s, at most {most}"


def _check_counts(samples: list[tuple[float, Account]], empty: Account) -> None:
    for _, account in samples:
        assert account.subscribers >= VIEWERS_AT_LEAST
        assert account.files - account.subscribers <= empty.files + UNDER_WAY
        tasks = account.tasks - TASKS_OF_A_SUBSCRIBER * account.subscribers
        assert tasks <= empty.tasks + TASKS_OF_A_SUBSCRIBER * UNDER_WAY


def _check_visits(passers_by: PassersBy, visitors: ReturningClients, seconds: float) -> None:
    assert visitors.failures == []
    assert passers_by.refused == []
    assert passers_by.visits_ended >= seconds * VISITS_PER_SECOND / 2
    assert set(passers_by.events) <= {"snapshot", "update", "remove", "heartbeat", "reset"}
    assert min(passers_by.events[name] for name in ("snapshot", "update", "remove")) > seconds
