"""What the broker has taken is counted over all partitions."""

from confluent_kafka import Producer

from standalone.broker import EmbeddedBroker
from standalone.database import free_port
from standalone.log_end import LogEnd


def test_messages_of_all_partitions_are_counted() -> None:
    """None yet, then each of them."""
    with EmbeddedBroker("telemetry.raw", partitions=3) as broker:
        log_end = LogEnd(broker.bootstrap_servers, "telemetry.raw")
        assert log_end.messages() == 0
        producer = Producer({"bootstrap.servers": broker.bootstrap_servers, "log_level": 0})
        for number in range(10):
            producer.produce("telemetry.raw", b"", partition=number % 3)
        assert producer.flush(10) == 0
        assert log_end.messages() == 10


def test_broker_that_is_gone_has_no_end() -> None:
    """A missing answer is not an empty log."""
    assert LogEnd(f"127.0.0.1:{free_port()}", "telemetry.raw").messages() is None
