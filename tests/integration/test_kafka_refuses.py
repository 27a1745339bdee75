"""A real Kafka with passwords, certificates and rights: what the services say when it refuses."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from confluent_kafka.admin import AclOperation, ResourceType  # type: ignore[attr-defined]
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from collector import publisher as publisher_module
from collector.clock import Clock
from collector.errors import TopicError
from collector.leadership import make_leadership
from collector.messages import Origin
from collector.metrics import Metrics
from collector.publisher import Publisher
from collector.topic import Topic
from configuration.shared_sections import KafkaSettings
from kafka_client.topic_policy import read_topic
from standalone.errors import RefusedError
from standalone.preflight import _check_kafka
from testkit.guarded_kafka import IDLE_MILLISECONDS, PASSWORD, GuardedKafka
from testkit.services import Service
from testkit.waiting import wait_until
from tests.unit.collector.conftest import NOW, state_vector

pytestmark = pytest.mark.real_kafka

Start = Callable[..., Service]

FEW_LINES = 20
"""Bound of the lines about a host that is not found: some when it begins, and one more each time
that a busy machine lets a throttle expire. librdkafka itself writes hundreds."""


@pytest.fixture(scope="module")
def kafka() -> Iterator[GuardedKafka]:
    """One guarded broker for this file."""
    with GuardedKafka() as broker:
        yield broker


@pytest.fixture
def topic(topic_name: Callable[[], str]) -> str:
    return topic_name()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Give a function that starts a service with these Kafka settings."""
    started: list[Service] = []

    def start_one(module: str, *arguments: str, settings: KafkaSettings, **more: str) -> Service:
        password = settings.sasl_password
        environment = {
            "KAFKA_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
            "KAFKA_TOPIC": settings.topic,
            "KAFKA_GROUP_ID": settings.group_id,
            "KAFKA_SECURITY_PROTOCOL": settings.security_protocol,
            "KAFKA_SASL_MECHANISM": settings.sasl_mechanism,
            "KAFKA_SASL_USERNAME": settings.sasl_username or "",
            "KAFKA_SASL_PASSWORD": password.get_secret_value() if password else "",
            "KAFKA_SSL_CA_FILE": str(settings.ssl_ca_file or ""),
            "HTTP_PORT": "0",
            **more,
        }
        service = Service(module, *arguments, folder=tmp_path, environment=environment)
        started.append(service)
        return service.start()

    yield start_one
    for service in started:
        service.end()


@pytest.fixture
def database(migrated_url: str) -> str:
    """Give the address of a migrated database."""
    return migrated_url


def ready(service: Service) -> tuple[int, dict[str, str]]:
    """Return the status of `/ready` and its reasons."""
    answer = httpx.get(f"{service.url}/ready")
    return answer.status_code, answer.json().get("reasons", {})


def is_failing(publisher: Publisher) -> bool:
    """Return the property as it is now; the type checker would take it for an earlier one."""
    return publisher.is_failing


def test_the_collector_names_a_refused_password(kafka: GuardedKafka, start: Start) -> None:
    """With the user and the settings, not as a broker that cannot be reached."""
    collector = start("collector", settings=kafka.with_password("wrong"))
    reason = collector.wait_for_event("kafka_unreachable")["reason"]
    assert "refuses the user 'flights'" in reason
    assert "Invalid username or password" in reason
    assert "kafka.sasl_password" in reason
    assert collector.stop() == 0


def test_the_collector_names_a_certificate_that_it_does_not_believe(
    kafka: GuardedKafka, start: Start
) -> None:
    collector = start("collector", settings=kafka.with_tls(kafka.other_ca_file))
    reason = collector.wait_for_event("kafka_unreachable")["reason"]
    assert "certificate verify failed" in reason
    assert f"kafka.ssl_ca_file ({kafka.other_ca_file})" in reason


def test_the_collector_names_a_listener_of_another_protocol(
    kafka: GuardedKafka, start: Start
) -> None:
    """A listener that hangs up does not say why, so the protocol is named."""
    servers = kafka.with_tls(kafka.ca_file).bootstrap_servers
    collector = start("collector", settings=KafkaSettings(bootstrap_servers=servers))
    reason = collector.wait_for_event("kafka_unreachable")["reason"]
    assert "kafka.security_protocol (PLAINTEXT)" in reason


def test_librdkafkas_lines_are_events_and_few(start: Start) -> None:
    """In half a minute it writes hundreds, from each client of a process."""
    settings = KafkaSettings(bootstrap_servers="no-such-host.invalid:9092")
    services = [
        start("collector", settings=settings),
        start("processor", "--role", "archive", settings=settings),
        start("processor", "--role", "live", settings=settings),
    ]
    for service, event in zip(
        services, ("kafka_unreachable", "kafka_unusable", "kafka_unusable"), strict=True
    ):
        # On a busy machine the name service may answer after the first request was given up.
        wait_until(
            lambda: any("is not found" in each["reason"] for each in service.events(event)),  # noqa: B023
            timeout_s=30,
            what=service.log_tail,
        )
    for service in services:
        service.stop()
        lines = service.log.read_text().splitlines()
        assert all(json.loads(line)["event"] for line in lines)
        assert len([each for each in lines if "no-such-host.invalid" in each]) < FEW_LINES


def test_standalone_names_a_refused_password(kafka: GuardedKafka) -> None:
    """Before anything is started."""
    _check_kafka(kafka.with_password())
    with pytest.raises(RefusedError, match="refuses the user 'flights'"):
        _check_kafka(kafka.with_password("wrong"))


@pytest.mark.real_database
@pytest.mark.timeout(180)
@pytest.mark.parametrize("role", ["archive", "live"])
def test_the_processor_outlives_a_rotated_password(
    kafka: GuardedKafka, start: Start, database: str, topic: str, role: str
) -> None:
    """Refused at start and again later: `/ready` is 503 with the reason, and heals by itself."""
    kafka.create_topic(topic, 2)
    settings = kafka.with_password("the next one", topic=topic, group_id=topic)
    processor = start("processor", "--role", role, settings=settings, DATABASE_URL=database)
    try:
        for _ in range(2):
            wait_until(
                lambda: "refuses the user" in ready(processor)[1].get(f"{role}_kafka", ""),
                timeout_s=30,
                what=processor.log_tail,
            )
            assert ready(processor)[0] == 503
            kafka.change_password("the next one")
            wait_until(
                lambda: f"{role}_kafka" not in ready(processor)[1],
                timeout_s=30,
                what=processor.log_tail,
            )
            kafka.change_password(PASSWORD)
    finally:
        kafka.change_password(PASSWORD)
    assert processor.is_running
    assert "the next one" not in processor.log.read_text()


@pytest.mark.real_database
@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("role", "kind"),
    [
        ("archive", ResourceType.TOPIC),
        ("archive", ResourceType.GROUP),
        ("live", ResourceType.TOPIC),
    ],
)
def test_the_processor_outlives_rights_that_it_has_not(  # noqa: PLR0917 - fixtures
    kafka: GuardedKafka, start: Start, database: str, topic: str, role: str, kind: ResourceType
) -> None:
    """To read the topic, or to be of the group; the grant is noticed."""
    kafka.create_topic(topic, 2)
    kafka.deny(kind, topic)
    settings = kafka.with_password(topic=topic, group_id=topic)
    processor = start("processor", "--role", role, settings=settings, DATABASE_URL=database)
    wait_until(
        lambda: "does not permit" in ready(processor)[1].get(f"{role}_kafka", ""),
        timeout_s=30,
        what=processor.log_tail,
    )
    assert ready(processor)[0] == 503
    kafka.permit(kind, topic)
    wait_until(
        lambda: f"{role}_kafka" not in ready(processor)[1], timeout_s=45, what=processor.log_tail
    )
    assert len(processor.events("kafka_unusable")) < 3


async def test_a_compacted_topic_is_refused_with_the_repair(
    kafka: GuardedKafka, topic: str
) -> None:
    """Kafka would keep the last state vector of each aircraft only."""
    kafka.create_topic(topic, 12)
    kafka.alter_topic(topic, cleanup_policy="compact,delete", retention_ms="3600000")
    settings = KafkaSettings(bootstrap_servers=kafka.bootstrap_servers, topic=topic)
    command = rf"--entity-name {topic} --add-config cleanup\.policy=delete"
    with capture_logs() as logs, pytest.raises(TopicError, match=command):
        await Topic(settings=settings, clock=Clock()).prepare()
    found = {each["setting"] for each in logs if each["event"] == "topic_endangers_messages"}
    assert found == {"cleanup.policy", "retention.ms"}


@pytest.mark.real_database
def test_the_archive_says_that_its_topic_is_compacted(
    kafka: GuardedKafka, start: Start, database: str, topic: str
) -> None:
    """The archive continues: the messages must be stored before Kafka removes them."""
    kafka.create_topic(topic, 2)
    kafka.alter_topic(topic, cleanup_policy="compact")
    settings = KafkaSettings(bootstrap_servers=kafka.bootstrap_servers, topic=topic, group_id=topic)
    archive = start("processor", "--role", "archive", settings=settings, DATABASE_URL=database)
    line = archive.wait_for_event("topic_endangers_messages")
    assert (line["level"], line["setting"]) == ("error", "cleanup.policy")
    archive.wait_for_event("assigned")


async def test_a_topic_that_the_collector_makes_is_as_it_checks_it(
    kafka: GuardedKafka, topic: str
) -> None:
    """Nothing to say about it, also when the broker's own default would be compaction."""
    settings = KafkaSettings(bootstrap_servers=kafka.bootstrap_servers, topic=topic)
    with capture_logs() as logs:
        await Topic(settings=settings, clock=Clock()).prepare()
    assert {"topic_endangers_messages", "topic_unchecked"}.isdisjoint(
        each["event"] for each in logs
    )
    state = read_topic(kafka.admin(), topic)
    assert (state.partitions, state.replication_factor) == (12, 1)
    assert (state.config or {})["cleanup.policy"] == "delete"


async def test_a_setting_that_is_altered_later_is_noticed(
    kafka: GuardedKafka, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look is repeated while the collector runs."""
    monkeypatch.setattr("collector.topic.CHECK_SECONDS", 0.2)
    settings = KafkaSettings(bootstrap_servers=kafka.bootstrap_servers, topic=topic)
    clock = Clock()
    watched = Topic(settings=settings, clock=clock)
    await watched.prepare()
    kafka.alter_topic(topic, cleanup_policy="compact")
    with capture_logs() as logs:
        watching = asyncio.create_task(watched.watch())
        async with asyncio.timeout(20):
            while not any(each["event"] == "topic_endangers_messages" for each in logs):  # noqa: ASYNC110 - a log has no event to wait for
                await asyncio.sleep(0.05)
        clock.stop()
        await watching
    assert {each["log_level"] for each in logs} == {"error"}


async def test_settings_that_may_not_be_seen_are_said_to_be_unchecked(
    kafka: GuardedKafka, topic: str
) -> None:
    """Rather than to be in order."""
    kafka.create_topic(topic, 12)
    kafka.deny(ResourceType.TOPIC, topic, AclOperation.DESCRIBE_CONFIGS)
    with capture_logs() as logs:
        await Topic(settings=kafka.with_password(topic=topic), clock=Clock()).prepare()
    (line,) = [each for each in logs if each["event"] == "topic_unchecked"]
    assert line["log_level"] == "warning"
    assert "authorization failed" in line["reason"].lower()


async def test_the_collector_names_a_right_to_write_that_it_has_not(
    kafka: GuardedKafka, topic: str
) -> None:
    """Each message fails at once, and the grant is noticed."""
    kafka.create_topic(topic, 1)
    kafka.deny(ResourceType.TOPIC, topic, AclOperation.WRITE)
    settings = kafka.with_password(topic=topic)
    publisher = Publisher(settings=settings, metrics=Metrics(CollectorRegistry()), clock=Clock())
    origin = Origin(poll_time=NOW, source="alps", traceparent="")
    with capture_logs() as logs:
        await publisher.publish([state_vector()], [], origin=origin, settle=lambda *_: None)
        await publisher.drain(10)
        assert is_failing(publisher)
        kafka.permit(ResourceType.TOPIC, topic, AclOperation.WRITE)
        async with asyncio.timeout(20):
            while is_failing(publisher):
                await publisher.publish([state_vector()], [], origin=origin, settle=lambda *_: None)
                await publisher.drain(10)
    lines = [each for each in logs if each["event"] in {"kafka_failing", "kafka_recovered"}]
    assert "does not permit this to the user 'flights'" in lines[0]["reason"]
    assert lines[-1]["event"] == "kafka_recovered"


async def test_a_collector_that_may_not_read_its_group_stands_by_until_it_may(
    kafka: GuardedKafka, topic: str
) -> None:
    """It cannot know whether another one requests; it names the right that it lacks."""
    kafka.create_topic(topic, 1)
    group = f"{topic}-collectors"
    kafka.deny(ResourceType.GROUP, group)
    clock, metrics = Clock(), Metrics(CollectorRegistry())
    with capture_logs() as logs:
        settings = kafka.with_password(topic=topic)
        leadership = make_leadership(settings, metrics=metrics, clock=clock, deliver=lambda: None)
        following = asyncio.create_task(leadership.run())
        taking = asyncio.create_task(leadership.take())
        async with asyncio.timeout(20):
            while not any(each["event"] == "leadership_unknown" for each in logs):  # noqa: ASYNC110 - a log has no event to wait for
                await asyncio.sleep(0.05)
        assert not taking.done()
        kafka.permit(ResourceType.GROUP, group)
        async with asyncio.timeout(30):
            await taking
        await leadership.confirm()
        following.cancel()
        await leadership.leave()
    line = next(each for each in logs if each["event"] == "leadership_unknown")
    assert f"group {group} by kafka-acls" in line["reason"]


async def test_an_idle_connection_that_kafka_closes_is_no_outage(
    kafka: GuardedKafka, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An anonymous collector polls each 15 minutes, and Kafka closes connections after 10."""
    kafka.create_topic(topic, 1)
    settings = KafkaSettings(bootstrap_servers=kafka.bootstrap_servers, topic=topic)
    publisher = Publisher(settings=settings, metrics=Metrics(CollectorRegistry()), clock=Clock())
    origin = Origin(poll_time=NOW, source="alps", traceparent="")
    lost = asyncio.Event()
    monkeypatch.setattr(publisher._errors, "_say", lost.set)
    monkeypatch.setattr(publisher_module, "RECONNECT_SECONDS", 2.0)
    with capture_logs() as logs:
        reporting = asyncio.create_task(publisher.run())
        for _ in range(2):
            await publisher.publish([state_vector()], [], origin=origin, settle=lambda *_: None)
            await publisher.drain(10)
            lost.clear()
            async with asyncio.timeout(10 * IDLE_MILLISECONDS / 1000):
                await lost.wait()
        reporting.cancel()
    assert not publisher.is_failing
    assert "kafka_failing" not in {each["event"] for each in logs}


@pytest.mark.parametrize(
    ("module", "settings"),
    [
        ("collector", {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_USERNAME": "me"}),
        ("processor", {"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_CA_FILE": "/nowhere"}),
    ],
)
def test_settings_that_can_never_work_end_the_start(
    start: Start, module: str, settings: dict[str, str]
) -> None:
    """With the name of the setting, and the exit code of settings."""
    service = start(module, settings=KafkaSettings(), **settings)
    assert service.wait() == 2
    assert service.log_tail().startswith("kafka.s")
    assert "cannot be used" in service.log_tail()
