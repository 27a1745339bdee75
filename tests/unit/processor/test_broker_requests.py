"""Which failed request makes the broker's next one come from a new client."""

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
    """A client whose answer the test gives."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self.topics: Future[Any] = Future()

    def poll(self, _timeout: float) -> None: ...

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


def make_broker() -> Broker:
    settings = KafkaSettings()
    return Broker(settings, broker_errors(settings, "archive"), timeout_seconds=TIMEOUT_SECONDS)


def test_a_failed_request_replaces_the_client(clients: list[Admin]) -> None:
    broker = make_broker()
    clients[0].topics.set_exception(REFUSED)
    with pytest.raises(ReconnectError):
        broker.identify()
    assert len(clients) == 2


def test_a_client_with_a_request_that_does_not_end_is_kept(clients: list[Admin]) -> None:
    broker = make_broker()
    with pytest.raises(ReconnectError):
        broker.identify()
    assert len(clients) == 1
