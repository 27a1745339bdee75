"""The real process, between the simulator and a mock broker: start, stop, exit codes."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testkit.collector_process import (
    MOCK_BROKER,
    ROOT,
    CollectorProcess,
    environment,
    serving,
    simulator,
)
from testkit.fault_record import record_faults
from tests.unit.collector.conftest import MockBroker

Start = Callable[..., CollectorProcess]


@pytest.fixture
def broker() -> MockBroker:
    """Give an empty broker that has the topic."""
    return MockBroker()


@pytest.fixture(scope="module")
def opensky(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a simulator."""
    with simulator(tmp_path_factory.mktemp("simulator")) as address:
        yield address


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Give a function that starts a collector in an empty folder."""
    started: list[CollectorProcess] = []

    def start_one(settings: dict[str, str], *arguments: str) -> CollectorProcess:
        started.append(CollectorProcess(tmp_path, settings, *arguments))
        return started[-1]

    yield start_one
    for collector in started:
        collector.end()


def test_sigterm_ends_it_with_everything_delivered(
    start: Start, opensky: str, broker: MockBroker
) -> None:
    """Exit code 0, and each row that was called new is on the topic."""
    collector = start(environment(opensky, broker.address))
    collector.wait_for("polled", 2)
    record_faults()
    assert collector.stop() == 0
    new = sum(each["new"] for each in collector.events("polled"))
    assert new > 500
    assert sum(broker.end_offsets().values()) == new
    assert collector.events("stopped")[0]["undelivered"] == 0


def test_a_restart_publishes_nothing_twice(start: Start, opensky: str, broker: MockBroker) -> None:
    """What is on the topic is the memory."""
    for _ in range(2):
        collector = start(environment(opensky, broker.address))
        collector.wait_for("polled")
        record_faults()
        assert collector.stop() == 0
    contacts = [
        (fields["icao24"], fields["last_contact"])
        for fields in (json.loads(each.value() or b"") for each in broker.messages())
    ]
    assert len(contacts) == len(set(contacts)) > 500


def test_messages_that_are_left_make_it_fail(start: Start, opensky: str, tmp_path: Path) -> None:
    """Exit code 1 and their number, when the broker is gone; a second signal does not wait."""
    with serving("-c", MOCK_BROKER, folder=tmp_path) as address:
        collector = start(environment(opensky, address))
        collector.wait_for("polled", 1)
        pid = _pid_of_listener(address)
        record_faults()
        os.kill(pid, signal.SIGSTOP)
        polls = len(collector.events("polled"))
        collector.wait_for("polled", polls + 1)
        started = time.monotonic()
        assert collector.stop(signals=2) == 1
        assert time.monotonic() - started < 10
    lost = collector.events("messages_undelivered")
    assert lost[0]["count"] > 0
    assert lost[0]["level"] == "error"


def test_sigterm_before_the_broker_is_there_ends_it_at_once(start: Start, opensky: str) -> None:
    """Nothing was fetched, so nothing is missing."""
    collector = start(environment(opensky, "127.0.0.1:9"))
    collector.wait_for("kafka_unreachable")
    assert collector.stop() == 0


def test_wrong_credentials_stop_it_and_say_what_to_do(
    start: Start, opensky: str, broker: MockBroker
) -> None:
    """Exit code 1; the secret is nowhere in the log."""
    settings = environment(opensky, broker.address) | {"OPENSKY_CLIENT_SECRET": "verysecret"}
    collector = start(settings)
    assert collector.process.wait(timeout=20) == 1
    assert "my-opensky/account" in collector.events("cannot_go_on")[0]["reason"]
    assert "verysecret" not in collector.text()


def test_a_missing_credentials_file_is_one_sentence_and_exit_code_2(
    start: Start, tmp_path: Path
) -> None:
    """Before anything is connected to."""
    collector = start({"OPENSKY_CREDENTIALS_FILE": str(tmp_path / "absent.json")})
    assert collector.process.wait(timeout=20) == 2
    assert re.fullmatch(r"opensky\.credentials_file .*absent\.json: .*\n", collector.text())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"OPENSKY_MAX_ATTEMPTS": "0"}, "opensky.max_attempts"),
        ({"OPENSKY_API_URL": "opensky-network.org"}, "opensky.api_url"),
    ],
)
def test_settings_that_cannot_be_used_are_named(
    start: Start, settings: dict[str, str], message: str
) -> None:
    """Exit code 2."""
    collector = start(settings)
    assert collector.process.wait(timeout=20) == 2
    assert collector.text().startswith(message)


def test_without_credentials_it_says_what_that_means(
    start: Start, opensky: str, broker: MockBroker
) -> None:
    """The collector polls all the same."""
    settings = environment(opensky, broker.address)
    settings = {name: value for name, value in settings.items() if "CLIENT" not in name}
    collector = start(settings)
    collector.wait_for("polled", 1)
    assert "400 credits a day" in collector.events("no_credentials")[0]["hint"]
    assert collector.stop() == 0


def test_metrics_are_served_while_it_runs(start: Start, opensky: str, broker: MockBroker) -> None:
    """Where the settings name, IPv6 in brackets too, by a URL that the log tells."""
    with socket.socket(socket.AF_INET6) as free:
        free.bind(("::1", 0))
        port = free.getsockname()[1]
    where = {"HTTP_COLLECTOR_METRICS_PORT": str(port), "HTTP_HOST": "[::1]"}
    collector = start(environment(opensky, broker.address) | where)
    collector.wait_for("polled")
    url = collector.events("metrics_served")[0]["url"]
    assert url == f"http://[::1]:{port}/metrics"
    with urllib.request.urlopen(f"http://[::1]:{port}/metrics", timeout=5) as response:
        text = response.read().decode()
    names = ["polls_total", "credits_remaining", "source_age_seconds", "published_rows_total"]
    assert all(f"\nflightmonitor_collector_{name}" in text for name in names)
    assert collector.stop() == 0


def test_help_teaches() -> None:
    """What it does, its settings, an example and its exit codes."""
    command = [sys.executable, "-m", "collector", "--help"]
    text = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for part in ("telemetry.raw", "OPENSKY_CREDENTIALS_FILE", "example:", "exit codes:"):
        assert part in text


def _pid_of_listener(address: str) -> int:
    """Find the process by the inode of its listening socket."""
    port = f":{int(address.rpartition(':')[2]):04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inode = next(cells[9] for cells in rows if cells[1].endswith(port) and cells[3] == "0A")
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(link.readlink()) == f"socket:[{inode}]":
                return int(link.parts[2])
        except OSError:
            continue
    raise AssertionError(f"no process listens on {address}")
