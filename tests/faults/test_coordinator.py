"""The broker that coordinates the group is silent, while those that keep the messages are not."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from testkit.deployment import TIMEOUT_S, Deployment
from testkit.kafka_cluster import KafkaCluster
from testkit.producer import Outgoing, as_messages, publish, vectors
from testkit.timescale import Timescale
from testkit.waiting import wait_until

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database, pytest.mark.timeout(240)]

SESSION_S = 8
ROUNDS, PAUSE_S = 6, 2.0
"""Together longer than a session."""
STORED_S = 40.0
"""Some requests go to the silent broker and are given up after 5 s each."""
BROKER_SESSION_MS = 300_000
"""Longer than the test: no other broker becomes the coordinator."""


class _Apart(Deployment):
    """A topic that the coordinator of the archive's group keeps nothing of."""

    def __init__(self, cluster: KafkaCluster, timescale: Timescale) -> None:
        super().__init__(cluster.brokers[0], timescale)
        self._cluster = cluster
        self.coordinator = cluster.brokers[0]

    def make_topic(self) -> None:
        """Create the topic on the other two brokers, with which clients begin."""
        admin = self.admin()
        others = list(self._cluster.brokers)
        # Broker 1 is the first one.
        self.coordinator = others.pop(_coordinator(admin, self.environment["KAFKA_GROUP_ID"]) - 1)
        self._cluster.advertise(others)
        nodes = [each.node_id for each in others]
        replicas = [nodes, nodes[::-1]] * (self.partitions // 2)
        topic = NewTopic(self.topic, self.partitions, replica_assignment=replicas)
        admin.create_topics([topic])[self.topic].result(TIMEOUT_S)

    def publish(self, messages: Iterable[Outgoing]) -> None:
        """Publish without a producer id, which the frozen broker may have to give as controller."""
        publish(self.kafka.bootstrap_servers, self.topic, messages, is_idempotent=False)

    def publish_in_silence(self, after_each: Callable[[], object]) -> None:
        """Have a first round stored, then publish the others while the coordinator is silent."""
        self.publish(as_messages(vectors(500)))
        self.wait_until_stored()
        with self.coordinator.frozen():
            for number in range(1, ROUNDS):
                self.publish(as_messages(vectors(500, first=number * 1_000)))
                after_each()


def _coordinator(admin: AdminClient, group: str) -> int:
    """Return the broker, once the topic of the offsets has been created."""
    found: list[int] = []

    def describe() -> bool:
        [described] = admin.describe_consumer_groups([group]).values()
        with suppress(KafkaException):
            node = described.result(TIMEOUT_S).coordinator
            found.extend([] if node is None else [int(node.id)])
        return bool(found)

    wait_until(describe, timeout_s=TIMEOUT_S, what=f"a coordinator of {group}")
    return found[0]


@pytest.fixture(scope="module")
def cluster() -> Iterator[KafkaCluster]:
    """Three brokers for this file."""
    with KafkaCluster(session_ms=BROKER_SESSION_MS) as cluster:
        yield cluster


@pytest.fixture
def apart(cluster: KafkaCluster, timescale: Timescale) -> Iterator[_Apart]:
    """Give a topic and its coordinator on different brokers."""
    cluster.advertise(cluster.brokers)
    with _Apart(cluster, timescale) as deployment:
        yield deployment


def test_archive_stores_while_the_coordinator_is_silent(apart: _Apart) -> None:
    """Those that keep the topic say which log it is; offsets are committed to Kafka later."""
    archive = apart.archive(KAFKA_GROUP_PROTOCOL="consumer")
    apart.publish_in_silence(lambda: apart.wait_until_stored(STORED_S))
    assert not archive.events("archive_starts_over")
    assert archive.stop() == 0
    account = apart.check()
    assert (account.rows, account.repeated) == (500 * ROUNDS, 0)


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_archive_goes_on_once_the_coordinator_is_back(apart: _Apart, protocol: str) -> None:
    """What it stores in the silence counts, although no offset can be committed to Kafka."""
    archive = apart.archive(
        KAFKA_GROUP_PROTOCOL=protocol, ARCHIVE_SESSION_TIMEOUT_SECONDS=str(SESSION_S)
    )
    apart.publish_in_silence(lambda: time.sleep(PAUSE_S))
    apart.wait_until_stored(2 * TIMEOUT_S)
    assert archive.stop() == 0
    account = apart.check()
    assert (account.rows, account.repeated) == (500 * ROUNDS, 0)


def test_another_instance_takes_over_once_the_coordinator_is_back(apart: _Apart) -> None:
    """The first one ends in the silence; the second one waits for the coordinator."""
    first = apart.archive()
    apart.publish(as_messages(vectors(500)))
    apart.wait_until_stored()
    with apart.coordinator.frozen():
        apart.publish(as_messages(vectors(500, first=1_000)))
        first.kill()
        heir = apart.archive()
        heir.wait_for_event("started")
    apart.wait_until_stored(2 * TIMEOUT_S)
    assert heir.stop() == 0
    account = apart.check()
    assert (account.rows, account.repeated) == (1_000, 0)
