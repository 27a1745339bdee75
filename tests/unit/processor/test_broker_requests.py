"""A client of Kafka outlives its requests: librdkafka aborts the process where one does not."""

import threading
from concurrent.futures import Future
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from configuration.shared_sections import KafkaSettings
from processor import kafka
from processor.errors import ReconnectError
from processor.kafka import Broker, broker_errors

REFUSED = KafkaException(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED))
TIMEOUT_SECONDS = 0.2


class Admin:
    """A client whose answers the test gives."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self.cluster: Future[Any] = Future()
        self.topics: Future[Any] = Future()

    def poll(self, _timeout: float) -> None: ...

    def describe_cluster(self, **_: object) -> Future[Any]:
        return self.cluster

    def describe_topics(self, *_: object, **__: object) -> dict[str, Future[Any]]:
        return {self._topic: self.topics}


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> list[Admin]:
    """Give the clients that the broker has made, the newest last."""
    made: list[Admin] = []

    def make(_kind: object, _config: object) -> Admin:
        made.append(Admin(KafkaSettings().topic))
        return made[-1]

    monkeypatch.setattr(kafka, "make_client", make)
    return made


def make_broker(timeout_seconds: float) -> Broker:
    settings = KafkaSettings()
    return Broker(settings, broker_errors(settings, "archive"), timeout_seconds=timeout_seconds)


@pytest.mark.parametrize("first", ["cluster", "topics"])
def test_a_failed_request_replaces_the_client_once_the_other_is_done(
    clients: list[Admin], first: str
) -> None:
    broker = make_broker(timeout_seconds=30)
    client = clients[0]
    failed, other = client.cluster, client.topics
    if first == "topics":
        failed, other = other, failed
    failed.set_exception(REFUSED)
    raised: list[BaseException] = []

    def identify() -> None:
        with pytest.raises(ReconnectError) as error:
            broker.identify()
        raised.append(error.value)

    thread = threading.Thread(target=identify)
    thread.start()
    thread.join(TIMEOUT_SECONDS)
    assert thread.is_alive()
    assert clients == [client]
    other.set_exception(REFUSED)
    thread.join()
    assert len(raised) == 1
    assert len(clients) == 2


def test_a_client_with_a_request_that_does_not_end_is_kept(clients: list[Admin]) -> None:
    broker = make_broker(TIMEOUT_SECONDS)
    clients[0].cluster.set_exception(REFUSED)
    with pytest.raises(ReconnectError):
        broker.identify()
    assert len(clients) == 1
