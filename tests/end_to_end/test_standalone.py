"""One command runs everything, loses nothing at Ctrl-C and leaves nothing behind."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from confluent_kafka.admin import AdminClient
from httpx_sse import connect_sse

from processor.access.new_key import make_key
from standalone.broker import EmbeddedBroker
from standalone.database import EmbeddedDatabase, free_port
from testkit.kafka import Kafka
from tests.end_to_end.command import Command, audit, environment, query, wait_for

FLEET = ("--aircraft", "300", "--interval", "1")
BUSY_FLEET = ("--aircraft", "3000", "--interval", "1")


@pytest.fixture(scope="module")
def running() -> Iterator[Command]:
    """Give a pipeline that runs."""
    with TemporaryDirectory(prefix="standalone-") as name:
        # The database server, which root runs as an unprivileged user, needs access.
        Path(name).chmod(0o755)
        with Command(Path(name), *FLEET) as command:
            command.wait_until_ready()
            command.wait_for_aircraft()
            yield command


def test_the_only_line_names_where_everything_is(running: Command) -> None:
    """A script reads it, a person clicks on it."""
    [line] = running.stdout.splitlines()
    pattern = (
        rf"ready: page {running.url}/  stream {running.url}/sse/flights"
        r"  broker 127\.0\.0\.1:\d+  database postgresql:"
    )
    assert re.match(pattern, line)


def test_each_step_and_the_limit_of_the_broker_are_printed(running: Command) -> None:
    """The output names the current step, and what a crash would lose."""
    for step in ("the broker", "the database", "the tables", "the simulator", "the collector"):
        assert step in running.stderr
    assert "in memory" in running.stderr


def test_stream_gives_a_snapshot_then_updates(running: Command) -> None:
    """The whole flow, as a browser sees it."""
    with (
        httpx.Client(timeout=20) as client,
        connect_sse(client, "GET", f"{running.url}/sse/flights") as source,
    ):
        # Browsers do not show an event without data, which only sets the time to reconnect.
        events = (event for event in source.iter_sse() if event.data)
        first = next(events)
        later = next(event for event in events if event.event == "update")
    assert first.event == "snapshot"
    assert "icao24" in first.data
    assert "icao24" in later.data
    assert later.id != first.id


def test_health_metrics_and_page_are_served(running: Command) -> None:
    """The addresses that operators and people ask for."""
    assert httpx.get(f"{running.url}/ready").status_code == 200
    assert "flightmonitor_live_aircraft " in running.metrics()
    page = httpx.get(f"{running.url}/")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")


def test_audit_is_clean_while_it_runs(running: Command) -> None:
    """The address of the database works for other programs."""
    wait_for(lambda: running.row_count() > 0, 10)
    assert "audit clean" in running.audit()


def test_second_one_on_the_same_folder_is_refused(running: Command) -> None:
    """The first one is not disturbed."""
    folder = running.folder / "second"
    folder.mkdir(mode=0o755)
    with Command(folder, data_dir=running.data_dir) as second:
        assert second.process.wait(20) == 2
        assert "in use by another" in second.stderr
        assert str(running.data_dir) in second.stderr
    assert httpx.get(f"{running.url}/ready").status_code == 200


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """Give a data folder, whose database the first test that uses it makes."""
    with TemporaryDirectory(prefix="standalone-") as name:
        Path(name).chmod(0o755)
        yield Path(name) / "data"


def test_an_empty_sky_is_ready(server_folder: Path, data_dir: Path) -> None:
    """At night a box may be empty: `ready:` says that all serves, not that aircraft fly."""
    antarctic = "[{name: pole, lamin: -90, lomin: -180, lamax: -89, lomax: -179}]"
    settings = {"OPENSKY_AREAS": antarctic}
    with Command(server_folder, *FLEET, data_dir=data_dir, settings=settings) as command:
        command.wait_until_ready()
        assert httpx.get(f"{command.url}/ready").status_code == 200
        assert command.interrupt() < 10
        assert command.process.returncode == 0


def test_controlled_access(server_folder: Path, data_dir: Path) -> None:
    """All others need a key, also for the metrics, which this program reads to stop cleanly."""
    key, entry = make_key(name="tower", scopes=["flights:live"])
    keys_file = server_folder / "keys.yaml"
    keys_file.write_text(entry)
    settings = {"ACCESS_MODE": "required", "ACCESS_KEYS_FILE": str(keys_file)}
    with Command(server_folder, *FLEET, data_dir=data_dir, settings=settings) as command:
        command.wait_until_ready()
        headers = {"Authorization": f"Bearer {key}"}
        assert httpx.get(f"{command.url}/metrics").status_code == 401
        assert httpx.get(f"{command.url}/metrics", headers=headers).status_code == 403
        assert httpx.get(f"{command.url}/api/flights", headers=headers).status_code == 200
        assert command.interrupt() < 10
        assert command.process.returncode == 0


@pytest.mark.timeout(120)
def test_rows_stay_over_restarts_and_crashes(server_folder: Path) -> None:
    """Ctrl-C, then SIGKILL: no process is left, no row is gone, each start adds more.

    At Ctrl-C the ledger accounts for what the collector has published, to the last row.
    """
    with Command(server_folder, *BUSY_FLEET) as command:
        command.wait_until_ready()
        wait_for(lambda: command.row_count() > 3000, 20)
        assert command.interrupt() < 10
        assert command.process.returncode == 0
    events = map(json.loads, (command.data_dir / "logs/collector.log").read_text().splitlines())
    published = sum(event["new"] for event in events if event["event"] == "polled")
    with EmbeddedDatabase(command.data_dir) as database:
        words = audit(database.url)
        before = query(database.url, "SELECT count(*) FROM state_vectors")[0][0]
    assert re.search(rf"\b{published} (rows of \d+ )?messages", words)
    with Command(server_folder, *FLEET) as command:
        command.wait_until_ready()
        wait_for(lambda: command.row_count() > before, 20)
        before = command.row_count()
        command.kill()
    with Command(server_folder, *FLEET) as command:
        command.wait_until_ready()
        assert command.row_count() >= before
        wait_for(lambda: command.row_count() > before, 20)
        assert "audit clean" in command.audit()
        assert command.interrupt() < 10


def test_child_that_dies_ends_all_and_is_named(server_folder: Path, data_dir: Path) -> None:
    """One sentence: who, how, and where to read on."""
    with Command(server_folder, *FLEET, data_dir=data_dir) as command:
        command.wait_until_ready()
        descendants = command.descendants()
        os.kill(command.child("collector"), signal.SIGKILL)
        assert command.process.wait(15) == 1
        assert not [pid for pid in descendants if Path(f"/proc/{pid}").exists()]
    assert "the collector ended with signal SIGKILL" in command.stderr
    assert str(command.data_dir / "logs/collector.log") in command.stderr


def test_damaged_recording_is_reported_in_the_words_of_the_simulator(
    server_folder: Path, data_dir: Path
) -> None:
    """The last words of a child are the reason."""
    recording = server_folder / "damaged.json"
    recording.write_text('{"time": 1')
    with Command(server_folder, "--replay", str(recording), data_dir=data_dir) as command:
        assert command.process.wait(30) == 1
    assert "the simulator ended with exit code 2" in command.stderr
    assert "not an answer of /states/all" in command.stderr


def run_on(
    folder: Path, database_url: str, bootstrap_servers: str, settings: dict[str, str]
) -> None:
    """Use a broker and a database that exist already, until there are more rows than before."""
    given = ("--database", database_url, "--kafka", bootstrap_servers)
    with Command(folder, *FLEET, *given, settings=settings) as command:
        command.wait_until_ready()
        assert command.database_url == database_url
        assert not [line for line in command.descendants().values() if "postgres -D" in line]
        rows_at_start = command.row_count()
        wait_for(lambda: command.row_count() > rows_at_start, 20)
        assert command.interrupt() < 10
        assert command.process.returncode == 0


def test_existing_broker_and_database_are_used_and_outlive_it(server_folder: Path) -> None:
    """Nothing embedded is started, nothing of theirs is ended."""
    with (
        EmbeddedDatabase(server_folder / "theirs") as database,
        EmbeddedBroker("telemetry.raw") as broker,
    ):
        # The development broker keeps a member that has left until its session ends.
        session = {"ARCHIVE_SESSION_TIMEOUT_SECONDS": "6"}
        for _ in range(2):
            run_on(server_folder, database.service_url, broker.bootstrap_servers, session)
        assert "audit clean" in audit(database.service_url)


@pytest.mark.real_kafka
@pytest.mark.real_database
@pytest.mark.timeout(180)
def test_real_kafka_and_timescaledb_do_as_well(
    server_folder: Path, database_url: str, kafka: Kafka, topic_name: Callable[[], str]
) -> None:
    """The topic is made by the collector, the hypertable by the migrations.

    On another topic of the same name the start ends with the reason and the remedy, instead of
    waiting for what no retry brings.
    """
    topic = topic_name()
    settings = {"KAFKA_TOPIC": topic}
    for _ in range(2):
        run_on(server_folder, database_url, kafka.bootstrap_servers, settings)
    assert "audit clean" in audit(database_url)
    assert query(database_url, "SELECT 1 FROM timescaledb_information.hypertables")
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers, "log_level": 0})
    admin.delete_topics([topic])[topic].result(20)
    wait_for(lambda: topic not in admin.list_topics(timeout=20).topics, 20)
    given = ("--database", database_url, "--kafka", kafka.bootstrap_servers)
    with Command(server_folder, *FLEET, *given, settings=settings) as command:
        assert command.process.wait(60) == 1
    assert "standalone: the archive half failed: " in command.stderr
    assert "another topic of the same name" in command.stderr
    assert "reset-offsets" in command.stderr


def test_opensky_without_credentials_works_and_warns(server_folder: Path, data_dir: Path) -> None:
    """OpenSky itself, as far as the collector can tell."""
    port = free_port()
    words = [sys.executable, "-m", "simulator", "--port", str(port), "--aircraft", "300"]
    with subprocess.Popen(words, env=environment(), stdout=subprocess.DEVNULL) as opensky:
        settings = {"OPENSKY_API_URL": f"http://127.0.0.1:{port}/api", "NO_PROXY": "127.0.0.1"}
        try:
            with Command(
                server_folder, "--opensky", data_dir=data_dir, settings=settings
            ) as command:
                command.wait_until_ready()
                assert "400 credits a day" in command.stderr
                assert "simulator" not in "".join(command.descendants().values())
                assert command.interrupt() < 10
        finally:
            opensky.kill()


def test_ctrl_c_during_the_start_ends_it(server_folder: Path) -> None:
    """Even while a new database is being made."""
    with Command(server_folder, *FLEET) as command:
        wait_for(lambda: "the database" in command.stderr, 10)
        assert command.interrupt() < 10
        assert command.process.returncode == 0
        assert command.stdout == ""


def refusal(*arguments: str, **settings: str) -> str:
    """What the command says before it starts anything."""
    done = subprocess.run(
        [sys.executable, "-m", "standalone", *arguments],
        env=environment(**settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "starting" not in done.stderr
    [sentence] = done.stderr.splitlines()
    return sentence


def test_taken_port_is_refused_first(server_folder: Path) -> None:
    """Before a folder is made."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        data_dir = server_folder / "data"
        sentence = refusal("--port", str(port), "--data-dir", str(data_dir))
    assert f"port {port} of 127.0.0.1" in sentence
    assert "--port" in sentence
    assert not data_dir.exists()


def test_folder_that_cannot_be_written_is_refused(server_folder: Path) -> None:
    """A file in the way stops even root."""
    in_the_way = server_folder / "file"
    in_the_way.touch()
    sentence = refusal("--port", str(free_port()), "--data-dir", str(in_the_way / "data"))
    assert str(in_the_way) in sentence
    assert "choose another" in sentence


def test_missing_recording_is_refused(server_folder: Path) -> None:
    """With its path and the option that it came by."""
    missing = server_folder / "missing.json"
    sentence = refusal("--port", str(free_port()), "--replay", str(missing))
    assert str(missing) in sentence
    assert "--replay" in sentence


def test_missing_credentials_are_refused(server_folder: Path) -> None:
    """With the path and where to get them."""
    missing = server_folder / "credentials.json"
    settings = {"OPENSKY_CREDENTIALS_FILE": str(missing)}
    sentence = refusal("--port", str(free_port()), "--opensky", **settings)
    assert str(missing) in sentence
    assert "credentials.json from OpenSky's account page" in sentence
