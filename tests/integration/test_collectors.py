"""Several collectors on real Kafka: one leads, another takes over, credits are spent once."""

import signal
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from collector.group_member import SESSION_TIMEOUT_SECONDS
from testkit.collector_process import CollectorProcess, environment, simulator
from testkit.fault_record import record_faults
from testkit.kafka import Kafka
from testkit.topic_contents import contacts, messages, poll_time
from testkit.waiting import wait_until

pytestmark = pytest.mark.real_kafka

AT_ONCE_S = 5.0
"""To leave the group, to be assigned, to read the tail and to keep the pace of a second."""

AFTER_DEATH_S = SESSION_TIMEOUT_SECONDS + 5.0
MOST_START_S = 3.0
"""From the topic to the first poll, on a busy machine; joining the group is 0.1 s of it."""

NAMES = ("first", "second")
ANSWERS = ("polled", "back_filled")


class Status(NamedTuple):
    """What the simulator has counted: requests, and credits by account."""

    requests: int
    credits: dict[str, int]


class Site:
    """Two collectors with an account each, so that OpenSky's figures show which one requests."""

    def __init__(self, folder: Path, opensky: str, kafka: Kafka, topic: str) -> None:
        self._folder, self._opensky, self._kafka = folder, opensky, kafka
        self.topic = topic
        self.started: list[CollectorProcess] = []

    def start(self, name: str) -> CollectorProcess:
        """Start a collector with the account of this name."""
        settings = environment(self._opensky, self._kafka.bootstrap_servers) | {
            "KAFKA_TOPIC": self.topic,
            "KAFKA_COLLECTOR_STANDBY": "true",
            "OPENSKY_CLIENT_ID": name,
            "OPENSKY_CLIENT_SECRET": name,
        }
        self.started.append(CollectorProcess(self._folder, settings))
        return self.started[-1]

    def status(self) -> Status:
        """Return what the simulator has counted."""
        with urllib.request.urlopen(f"http://{self._opensky}/simulator/status") as response:
            answer = msgspec.json.decode(response.read())
        requests = answer["requests"].get("GET /api/states/all", {})
        return Status(sum(requests.values()), answer["credits_remaining"])

    def check_topic(self, *, suspended_at: float = 0.0) -> None:
        """Fail if a state vector was published twice.

        A collector that is suspended while it publishes an answer sends the rest of it when it is
        resumed. Of these rows some may have come again meanwhile, with a later answer.
        """
        found = messages(self._kafka, self.topic)
        polls = defaultdict[tuple[str, int], list[int]](list)
        for contact, message in zip(contacts(found), found, strict=True):
            polls[contact].append(poll_time(message))
        assert len(polls) > 500
        interrupted = {min(each) for each in polls.values() if len(each) > 1}
        assert len(interrupted) <= 1, interrupted
        assert all(each <= suspended_at for each in interrupted), interrupted


@pytest.fixture
def site(kafka: Kafka, topic_name: Callable[[], str], tmp_path: Path) -> Iterator[Site]:
    """Give a simulator and a topic that does not exist yet."""
    kafka.start()
    clients = [option for name in NAMES for option in ("--client", f"{name}:{name}")]
    with simulator(tmp_path, *clients) as opensky:
        site = Site(tmp_path, opensky, kafka, topic_name())
        yield site
        for collector in site.started:
            collector.process.send_signal(signal.SIGCONT)
            collector.end()


def wait_for_polls(collector: CollectorProcess, more: int, timeout_s: float) -> float:
    """Wait until so many more polls were logged; return the seconds that it took."""
    polls = len(collector.events("polled"))
    return wait_until(
        lambda: len(collector.events("polled")) >= polls + more,
        timeout_s=timeout_s,
        what=lambda: f"no poll: {collector.text()}",
    )


def check_only_one_polls(
    site: Site, seconds: float, *, leader: CollectorProcess, standby: str
) -> None:
    """Fail if within so many seconds anything is requested that the leader does not need."""
    before, polled, filled = site.status(), *(len(leader.events(name)) for name in ANSWERS)
    time.sleep(seconds)
    after = site.status()
    polled, filled = (
        len(leader.events(name)) - n for name, n in zip(ANSWERS, (polled, filled), strict=True)
    )
    assert after.credits.get(standby) == before.credits.get(standby)
    assert abs(after.requests - before.requests - polled - filled) <= 1
    assert 0 < polled <= seconds + 1


def test_one_requests_and_the_other_takes_over_when_it_stops(site: Site) -> None:
    """The standby is started second, spends nothing, and then goes on from the topic."""
    leader = site.start("first")
    leader.wait_for("polled", 2)
    assert not leader.events("standing_by")
    begun, started = (leader.events(name)[0]["timestamp"] for name in ("topic_created", "started"))
    taken = datetime.fromisoformat(started) - datetime.fromisoformat(begun)
    assert taken.total_seconds() < MOST_START_S
    standby = site.start("second")
    standby.wait_for("standing_by")
    name = standby.events("standing_by")[0]["leader"]
    assert name.endswith(f"/{leader.process.pid}")
    check_only_one_polls(site, 3, leader=leader, standby="second")
    assert "second" not in site.status().credits

    record_faults()
    assert leader.stop() == 0
    wait_for_polls(standby, 1, AT_ONCE_S)
    assert standby.events("leadership_taken")
    assert standby.events("started")[0]["aircraft_known"] > 400
    assert leader.events("leadership_lost") == []
    assert standby.stop() == 0
    site.check_topic()


def test_a_suspended_and_a_killed_leader_are_replaced(site: Site) -> None:
    """A collector that is resumed after a takeover requests nothing more."""
    first = site.start("first")
    first.wait_for("polled", 2)
    second = site.start("second")
    second.wait_for("standing_by")

    record_faults()
    suspended_at = time.time()
    first.process.send_signal(signal.SIGSTOP)
    wait_for_polls(second, 1, AFTER_DEATH_S)
    polled = len(first.events("polled"))
    first.process.send_signal(signal.SIGCONT)
    check_only_one_polls(site, 4, leader=second, standby="first")
    assert len(first.events("leadership_lost")) == 1
    assert len(first.events("standing_by")) == 1
    # What it had published before it was suspended may be logged after that.
    assert len(first.events("polled")) <= polled + 1

    record_faults()
    second.end()
    wait_for_polls(first, 2, AFTER_DEATH_S)
    assert first.stop() == 0
    site.check_topic(suspended_at=suspended_at)
