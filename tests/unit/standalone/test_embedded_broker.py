"""The embedded broker does without librdkafka's C functions, and refuses what it cannot do."""

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from standalone import broker
from standalone.broker import EmbeddedBroker, EmbeddedBrokerError


def partitions(embedded: EmbeddedBroker) -> int:
    """Ask the broker how many partitions its topic has."""
    client = AdminClient({"bootstrap.servers": embedded.bootstrap_servers, "log_level": 0})
    return len(client.list_topics(embedded.topic, timeout=10).topics[embedded.topic].partitions)


def test_topic_has_twelve_partitions_by_default() -> None:
    """As many as the real topic."""
    with EmbeddedBroker("telemetry.raw") as embedded:
        assert partitions(embedded) == 12
    with EmbeddedBroker("telemetry.raw", 3) as embedded:
        assert partitions(embedded) == 3


def test_without_the_library_there_are_four_partitions(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A librdkafka that was built in another way still gives a broker, and a log line."""
    monkeypatch.setattr(broker, "_librdkafka", lambda: None)
    with EmbeddedBroker("telemetry.raw", 12) as embedded:
        assert partitions(embedded) == 4
        producer = Producer({"bootstrap.servers": embedded.bootstrap_servers, "log_level": 0})
        producer.produce("telemetry.raw", b"v")
        assert producer.flush(10) == 0
    assert "embedded_broker_partitions_reduced" in capsys.readouterr().out


def test_impossible_topic_is_refused_in_one_sentence() -> None:
    """The value and the remedy."""
    with pytest.raises(EmbeddedBrokerError, match="given 0 partitions: give it at least 1"):
        EmbeddedBroker("telemetry.raw", 0)


def test_closing_twice_is_harmless() -> None:
    """A drain that is interrupted closes again."""
    embedded = EmbeddedBroker("telemetry.raw")
    embedded.close()
    embedded.close()
