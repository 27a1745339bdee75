"""Kafka by TLS, client certificates, SCRAM and tokens, with the rights that the docs list."""

import datetime as dt
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest

from simulator.server import TOKEN_PATH
from testkit.certificates import Authority
from testkit.kafka_rights import ROWS, USERS
from testkit.producer import Outgoing, as_messages, publish, vectors
from testkit.queries import fetch_value
from testkit.secure_kafka import SECRET, SecureKafka
from testkit.services import ROOT, Service, run_module
from testkit.waiting import wait_until

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database]

PARTITIONS = 2
WATCHED_SECONDS, MAX_ATTEMPTS = 3.0, 9
"""Bound of the connections that a refused service tries in this time; librdkafka's own pace while a
request waits is 20 a second."""

DAY = dt.timedelta(days=1)


@pytest.fixture(scope="module")
def kafka() -> Iterator[SecureKafka]:
    """One broker for this file, which denies what no row of the table grants."""
    with SecureKafka(USERS) as broker:
        yield broker


class Site:
    """A topic, a database and the services that use them, each as the user of its rows."""

    def __init__(self, kafka: SecureKafka, topic: str, database_url: str, folder: Path) -> None:
        self.kafka = kafka
        self.topic = topic
        self.folder = folder
        self._settings = {
            "KAFKA_TOPIC": topic,
            "KAFKA_GROUP_ID": topic,
            "KAFKA_PARTITIONS": str(PARTITIONS),
            "DATABASE_URL": database_url,
            "DATABASE_RETENTION_DAYS": "0",
            "HTTP_PORT": "0",
        }
        self._database_url = database_url
        self._services: list[Service] = []

    def grant_all(self) -> None:
        """Grant what the table lists, and nothing else."""
        for row in ROWS:
            self.kafka.grant(row.user, row.right(self.topic))

    def fill(self, *messages: Outgoing) -> None:
        """Create the topic as the superuser, with some state vectors."""
        self.kafka.create_topic(self.topic, PARTITIONS)
        self.publish(*as_messages(vectors(50, aircraft=50)), *messages)

    def publish(self, *messages: Outgoing) -> None:
        """Publish messages as the superuser."""
        publish(self.kafka.bootstrap_servers, self.topic, messages)

    def start(self, module: str, *arguments: str, **settings: str) -> Service:
        """Start a service with a login from `SecureKafka`."""
        environment = {**self._settings, **settings}
        service = Service(module, *arguments, folder=self.folder, environment=environment)
        self._services.append(service)
        return service.start()

    def run(self, *arguments: str, login: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
        """Run a command of the processor to its end."""
        environment = {**self._settings, **login}
        return run_module(["processor", *arguments], folder=self.folder, environment=environment)

    def archive(self, **settings: str) -> Service:
        """Start the archive with the rights of its rows."""
        login = self.kafka.by_password("role-archive")
        return self.start("processor", "--role", "archive", **login, **settings)

    def live(self) -> Service:
        """Start the live half with the rights of its rows."""
        return self.start("processor", "--role", "live", **self.kafka.by_certificate("role-live"))

    def count_stored(self) -> int:
        """Return how many state vectors are stored."""
        return int(fetch_value(self._database_url, "SELECT count(*) FROM state_vectors"))

    def wait_until_stored(self, count: int) -> None:
        """Wait until so many are."""
        wait_until(
            lambda: self.count_stored() >= count,
            timeout_s=30,
            what=lambda: "\n".join(service.log_tail() for service in self._services),
        )

    def wait_for_dead_letters(self, count: int, archive: Service) -> None:
        """Wait until the archive has set so many aside."""
        sql = "SELECT count(*) FROM dead_letters"
        found = partial(fetch_value, self._database_url, sql)
        wait_until(lambda: found() == count, timeout_s=20, what=archive.log_tail)

    def kill_all(self) -> None:
        """End all services."""
        for service in self._services:
            service.end()


@pytest.fixture
def site(
    kafka: SecureKafka, migrated_url: str, topic_name: Callable[[], str], tmp_path: Path
) -> Iterator[Site]:
    """Give a topic that does not exist yet, and an empty database."""
    site = Site(kafka, topic_name(), migrated_url, tmp_path)
    yield site
    site.kill_all()


@contextmanager
def simulated_opensky() -> Iterator[dict[str, str]]:
    """Run the simulator, and give the settings by which a collector takes it for OpenSky."""
    command = [sys.executable, "-m", "simulator", "--port", "0", "--aircraft", "50"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            url = (process.stdout.readline() if process.stdout else "").split()[-1]
            yield {
                "OPENSKY_API_URL": f"{url}/api",
                "OPENSKY_TOKEN_URL": f"{url}{TOKEN_PATH}",
                "OPENSKY_CLIENT_ID": "simulator",
                "OPENSKY_CLIENT_SECRET": "simulator",
                # The first poll comes at once, whatever was published before.
                "OPENSKY_CREDITS_PER_DAY": "1000000000",
                "OPENSKY_MIN_POLL_INTERVAL_SECONDS": "1",
            }
        finally:
            process.kill()


def test_all_work_with_exactly_the_rights_of_the_table(site: Site, tmp_path: Path) -> None:
    """The collector by tokens, the archive by SCRAM, the live half by its certificate."""
    site.grant_all()
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    with simulated_opensky() as opensky:
        login = site.kafka.by_token("collector", {"file": str(secret)})
        collector = site.start("collector", **login, **opensky)
        collector.wait_for_event("topic_created")
        archive, live = site.archive(), site.live()
        site.wait_until_stored(1)
    collector.kill()
    live.wait_for_event("live_state_complete")
    site.publish(Outgoing(b"no state vector", partition=0))
    site.wait_for_dead_letters(1, archive)

    status = site.run("status", login=site.kafka.by_token("status"))
    assert status.returncode != 4, status.stdout
    retried = site.run("dead-letters", "retry", login=site.kafka.by_password("dead-letters-retry"))
    assert retried.returncode == 0, retried.stderr
    site.wait_for_dead_letters(2, archive)
    assert archive.stop() == 0
    audited = site.run("audit", "--kafka", login=site.kafka.by_certificate("audit-kafka"))
    assert audited.returncode == 0, audited.stdout + audited.stderr

    written = "".join(service.log.read_text() for service in (collector, archive, live))
    assert "not permit" not in written
    assert SECRET not in written
    assert "the right one" not in written


def _wrong_authority(kafka: SecureKafka, folder: Path) -> dict[str, str]:
    other = Authority.create("another").write(folder / "other.pem")
    return {**kafka.by_password("collector"), "KAFKA_SSL_CA_FILE": str(other)}


def _wrong_host(kafka: SecureKafka, _: Path) -> dict[str, str]:
    kafka.issue_certificate(host="127.0.0.9")
    kafka.reload_certificate()
    return kafka.by_password("collector")


def _expired(kafka: SecureKafka, _: Path) -> dict[str, str]:
    kafka.issue_certificate(ends_in=-DAY)
    kafka.reload_certificate()
    return kafka.by_password("collector")


FAULTS: dict[str, tuple[Callable[[SecureKafka, Path], dict[str, str]], str]] = {
    "wrong authority": (_wrong_authority, "correct kafka.ssl_ca_file"),
    "wrong password": (
        lambda kafka, _: kafka.by_password("collector", "guessed"),
        "correct kafka.sasl_username, kafka.sasl_password",
    ),
    "no certificate": (
        lambda kafka, _: kafka.by_certificate(None),
        "set ssl.certificate.location and ssl.key.location in kafka.properties",
    ),
    "wrong host": (_wrong_host, "name another host"),
    "expired": (_expired, "may have expired"),
    "wrong secret": (
        lambda kafka, _: kafka.by_token("collector", "guessed"),
        "correct sasl.oauthbearer.client.id or sasl.oauthbearer.client.secret",
    ),
}


def name_of_one_line(service: Service, event: str, remedy: str) -> None:
    """Check that a refusal is one line with the remedy, also after some attempts."""
    reasons = [service.wait_for_event(event)["reason"]]
    wait_until(lambda: remedy in reasons[-1], timeout_s=5, what=lambda: reasons[-1])
    assert "guessed" not in service.log.read_text()
    lines = [each for each in service.events(event) if remedy in each["reason"]]
    assert len(lines) == 1


def count_attempts(kafka: SecureKafka) -> int:
    """Return how many connections the broker refuses within `WATCHED_SECONDS`."""
    log = kafka.folder / "server.log"
    before = log.read_text().count("Failed authentication")
    time.sleep(WATCHED_SECONDS)
    return log.read_text().count("Failed authentication") - before


@pytest.mark.parametrize("fault", FAULTS)
def test_a_refusal_is_one_line_with_its_remedy(site: Site, tmp_path: Path, fault: str) -> None:
    """The service waits before it tries again."""
    login, remedy = FAULTS[fault]
    collector = site.start("collector", **login(site.kafka, tmp_path))
    name_of_one_line(collector, "kafka_unreachable", remedy)
    assert count_attempts(site.kafka) < MAX_ATTEMPTS
    site.kafka.issue_certificate()
    site.kafka.reload_certificate()
    if fault in {"wrong host", "expired"}:
        site.grant_all()
        collector.wait_for_event("kafka_reachable")
    assert collector.stop() == 0


def test_commands_end_with_the_remedy(site: Site) -> None:
    """They do not wait for an operator who is waiting for them."""
    login = site.kafka.by_password("audit-kafka", "guessed")
    audited = site.run("audit", "--kafka", login=login)
    assert audited.returncode == 3, audited.stdout  # nothing is stored yet
    listed = site.run("status", login=login)
    assert "kafka.sasl_password" in listed.stdout
    assert "guessed" not in listed.stdout + listed.stderr
    refused = site.run("status", login={**login, "KAFKA_PROPERTIES": '{"ssl.foo": 1}'})
    assert refused.returncode == 2
    assert 'No such configuration property: "ssl.foo"' in refused.stderr


@pytest.mark.nightly
@pytest.mark.timeout(240)
def test_a_certificate_that_is_not_valid_is_reported_until_it_is_renewed(site: Site) -> None:
    """First it names another host, then it has expired; the broker's restart ends all sessions."""
    site.grant_all()
    site.fill()
    archive, live = site.archive(), site.live()
    site.wait_until_stored(50)
    live.wait_for_event("live_state_complete")
    remedy = "the broker's certificate, which may have expired or name another host"
    try:
        for fault, lasts in (({"host": "127.0.0.9"}, 0.0), ({"ends_in": -DAY}, 70.0)):
            site.kafka.issue_certificate(**fault)
            site.kafka.restart()
            wait_until(lambda: remedy in reason_of(archive), timeout_s=30, what=archive.log_tail)
            wait_until(lambda: remedy in reason_of(live), timeout_s=30, what=live.log_tail)
            time.sleep(lasts)
            assert not lasts or count_attempts(site.kafka) < 4 * MAX_ATTEMPTS  # two clients each
            site.kafka.issue_certificate()
            site.kafka.reload_certificate()
            wait_until(lambda: not reason_of(archive), timeout_s=30, what=archive.log_tail)
            wait_until(lambda: not reason_of(live), timeout_s=30, what=live.log_tail)
    finally:
        site.kafka.issue_certificate()
        site.kafka.reload_certificate()
    site.publish(*as_messages(vectors(50, aircraft=50, first=50)))
    site.wait_until_stored(100)
    assert archive.stop() == 0


def reason_of(service: Service) -> str:
    """Return what `/ready` says about Kafka."""
    reasons: dict[str, str] = httpx.get(f"{service.url}/ready").json().get("reasons", {})
    return reasons.get("archive_kafka", "") + reasons.get("live_kafka", "")


def _published(site: Site, event: str) -> None:
    with simulated_opensky() as opensky:
        collector = site.start("collector", **site.kafka.by_password("collector"), **opensky)
        collector.wait_for_event(event)


def _refused(service: Service) -> None:
    reason = service.wait_for_event("kafka_unusable")["reason"]
    assert "not permit" in reason


def _ended(site: Site, code: int, said: str, *arguments: str) -> None:
    user = "-".join(arguments).replace("--", "")
    done = site.run(*arguments, login=site.kafka.by_password(user))
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stdout + done.stderr


CONSEQUENCES: dict[tuple[str, str, str], Callable[[Site], None]] = {
    ("collector", "Write", "topic"): lambda site: _published(site, "kafka_failing"),
    ("collector", "Read", "topic"): lambda site: _published(site, "tail_incomplete"),
    ("collector", "Read", "group"): lambda site: _published(site, "leadership_unknown"),
    ("collector", "DescribeConfigs", "topic"): lambda site: _published(site, "topic_unchecked"),
    ("role-archive", "Read", "topic"): lambda site: _refused(site.archive()),
    ("role-archive", "Read", "group"): lambda site: _refused(site.archive()),
    ("role-live", "Read", "topic"): lambda site: _refused(site.live()),
    ("role-live", "Describe", "groups"): lambda site: _refused(site.live()),
    ("status", "Describe", "topic"): lambda site: _ended(site, 1, "not permit", "status"),
    ("audit-kafka", "Read", "topic"): lambda site: _ended(
        site, 1, "not permit", "audit", "--kafka"
    ),
    ("audit-kafka", "Describe", "group"): lambda site: _ended(
        site, 1, "not permit", "audit", "--kafka"
    ),
    ("audit-kafka", "DescribeConfigs", "topic"): lambda site: _ended(
        site, 4, "the topic's settings", "audit", "--kafka"
    ),
    ("dead-letters-retry", "Write", "topic"): lambda site: _ended(
        site, 1, "not permit", "dead-letters", "retry"
    ),
}
"""What happens without the right of a row."""


def test_a_topic_that_the_collector_may_not_create_is_waited_for(site: Site) -> None:
    """An operator creates it, or grants the right."""
    create = next(row for row in ROWS if row.operation == "Create")
    collector = site.start("collector", **site.kafka.by_password("collector"))
    reason = collector.wait_for_event("kafka_unreachable")["reason"]
    assert "not permit" in reason
    site.kafka.grant(create.user, create.right(site.topic))
    collector.wait_for_event("topic_created")


@pytest.mark.nightly
@pytest.mark.timeout(400)
def test_each_right_of_the_table_is_needed(site: Site) -> None:
    """One after the other is revoked, and what the row says happens."""
    site.grant_all()
    site.fill(Outgoing(b"no state vector", partition=0))
    archive = site.archive()
    site.wait_until_stored(50)
    assert archive.stop() == 0
    removable = [row for row in ROWS if row.operation != "Create"]
    assert {(row.user, row.operation, row.kind) for row in removable} == set(CONSEQUENCES)
    for row in removable:
        right = row.right(site.topic)
        site.kafka.revoke(row.user, right)
        CONSEQUENCES[row.user, row.operation, row.kind](site)
        site.kafka.grant(row.user, right)
        site.kill_all()
