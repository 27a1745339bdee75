"""The collector's process between the simulator and a real Apache Kafka."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import Message, Producer
from confluent_kafka.admin import AdminClient, ConfigResource  # type: ignore[attr-defined]

from testkit.collector_process import CollectorProcess, environment, simulator, wait_until
from testkit.kafka import Kafka
from testkit.topic_contents import contacts, is_rejected, messages

pytestmark = pytest.mark.real_kafka

Start = Callable[..., CollectorProcess]

FAULTS = """
- {kind: html_401, route: token, nth: [1]}
- {kind: nan, nth: [2]}
- {kind: http_401, nth: [3]}
- {kind: future_row, nth: [4]}
- {kind: html_200, nth: [5]}
- {kind: cut_off, nth: [6]}
- {kind: latitude_91, nth: [7]}
- {kind: time_ahead, nth: [8]}
- {kind: http_503, nth: [9, 10, 11]}
- {kind: extra_column, nth: [12, 13]}
"""


@pytest.fixture
def topic(kafka: Kafka, topic_name: Callable[[], str]) -> str:
    """Give the name of a topic that does not exist yet, on a Kafka that runs."""
    kafka.start()
    return topic_name()


@pytest.fixture
def start(kafka: Kafka, topic: str, tmp_path: Path) -> Iterator[Start]:
    """Give a function that starts a collector which asks this simulator."""
    started: list[CollectorProcess] = []

    def start_one(opensky: str) -> CollectorProcess:
        settings = environment(opensky, kafka.bootstrap_servers) | {
            "KAFKA_TOPIC": topic,
            "KAFKA_COLLECTOR_STANDBY": "true",
        }
        started.append(CollectorProcess(tmp_path, settings))
        return started[-1]

    yield start_one
    for collector in started:
        collector.end()


def test_makes_the_topic_and_delivers_everything(
    kafka: Kafka, topic: str, start: Start, tmp_path: Path
) -> None:
    """With the partitions and the retention that the settings ask for."""
    with simulator(tmp_path) as opensky:
        collector = start(opensky)
        collector.wait_for("polled", 3)
        assert collector.stop() == 0
    new = sum(each["new"] for each in collector.events("polled"))
    assert len(messages(kafka, topic)) == new > 500
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers})
    assert len(admin.list_topics(topic, timeout=10).topics[topic].partitions) == 12
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
    config = admin.describe_configs([resource])[resource].result(10)
    assert config["retention.ms"].value == str(72 * 3_600_000)


def test_a_restart_publishes_nothing_twice_and_fills_in_the_downtime(
    kafka: Kafka, topic: str, start: Start, tmp_path: Path
) -> None:
    """The topic is the memory; the seconds without a process are asked for afterwards."""
    with simulator(tmp_path) as opensky:
        first = start(opensky)
        first.wait_for("polled", 2)
        assert first.stop() == 0
        time.sleep(6)
        second = start(opensky)
        second.wait_for("back_fill_done")
        assert second.stop() == 0
    found = contacts(messages(kafka, topic))
    assert len(found) == len(set(found)) > 500
    assert second.events("started")[0]["aircraft_known"] > 400
    assert sum(each["new"] for each in second.events("back_filled")) > 100


def test_a_broker_that_dies_and_returns_costs_nothing(
    kafka: Kafka, topic: str, start: Start, tmp_path: Path
) -> None:
    """Each row that was called new is on the topic once."""
    with simulator(tmp_path) as opensky:
        collector = start(opensky)
        collector.wait_for("polled", 2)
        kafka.kill()
        time.sleep(3)
        kafka.start()
        polls = len(collector.events("polled"))
        # After an outage of 10 s the group waits as long for the membership of before.
        collector.wait_for("polled", polls + 2, seconds=40)
        assert collector.stop() == 0
    found = contacts(messages(kafka, topic))
    polled = collector.events("polled") + collector.events("back_filled")
    assert len(found) == len(set(found)) == sum(each["new"] for each in polled)


def test_faults_of_opensky_neither_end_it_nor_spoil_the_topic(
    kafka: Kafka, topic: str, start: Start, tmp_path: Path
) -> None:
    """Refused tokens, HTML, cut-off answers, impossible values and an outage of seconds."""
    script = tmp_path / "faults.yaml"
    script.write_text(FAULTS)
    with simulator(tmp_path, "--faults", str(script)) as opensky:
        collector = start(opensky)
        collector.wait_for("opensky_recovered")
        collector.wait_for("answer_refused")
        polls = len(collector.events("polled"))
        collector.wait_for("polled", polls + 2)
        assert collector.stop() == 0
    found = messages(kafka, topic)
    vectors = contacts(found)
    rejected = [each for each in found if is_rejected(each)]
    assert len(vectors) == len(set(vectors)) > 500
    answers = collector.events("polled") + collector.events("back_filled")
    assert 0 < len(rejected) <= sum(each["rejected"] for each in answers)
    assert sum(each["repaired"] for each in answers) > 0
    assert max(contact for _, contact in vectors) <= time.time() + 60
    assert len(collector.events("answer_refused")) == 1
    # Each outage is said to be over once; its reason is said again when it changes.
    outages = len(collector.events("opensky_recovered"))
    assert 0 < outages <= len(collector.events("opensky_failing"))


def test_times_from_the_future_on_the_topic_mute_nothing(
    kafka: Kafka, topic: str, start: Start, tmp_path: Path
) -> None:
    """What another producer, or an earlier version, has left: a restart reads it and goes on."""
    with simulator(tmp_path) as opensky:
        first = start(opensky)
        first.wait_for("polled", 2)
        assert first.stop() == 0
        found = messages(kafka, topic)
        _publish_ahead(kafka, topic, found, 3_600)
        second = start(opensky)
        wait_until(
            lambda: sum(each["new"] for each in second.events("polled")) > 500,
            lambda: f"messages are muted: {second.text()}",
        )
        assert second.stop() == 0
    assert second.events("tail_times_in_future")[0]["messages"] > 400


def _publish_ahead(kafka: Kafka, topic: str, found: list[Message], seconds: int) -> None:
    """Publish each message again with its times so far ahead."""
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers})
    for message in found:
        fields = json.loads(message.value() or b"")
        fields["last_contact"] += seconds
        headers = dict(message.headers() or ())
        headers["poll-time"] = str(int(headers["poll-time"] or 0) + seconds).encode()
        producer.produce(
            topic, value=json.dumps(fields), key=message.key(), headers=list(headers.items())
        )
    assert producer.flush(20) == 0
