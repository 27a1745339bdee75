"""The identity of the log, requested from a broker that its own controller takes for lost."""

import contextlib
import time

import pytest

from configuration.shared_sections import KafkaSettings
from processor.errors import ReconnectError
from processor.kafka import Broker, broker_errors
from testkit.kafka import Kafka

pytestmark = pytest.mark.real_kafka

TOPIC = "identified"
OBSERVED_S = 10.0


class LateHeartbeat(Kafka):
    """A broker whose session has ended before its next heartbeat, so that it is fenced till then.

    Its metadata names no broker meanwhile, as after a suspension.
    """

    def _more_properties(self) -> str:
        return "broker.heartbeat.interval.ms=3000\n"


def test_a_fenced_broker_gives_the_same_identity_or_an_error() -> None:
    """It is what librdkafka does with an answer without brokers that ended the process."""
    with LateHeartbeat() as kafka:
        kafka.start()
        kafka.create_topic(TOPIC, 2)
        settings = KafkaSettings(bootstrap_servers=kafka.bootstrap_servers, topic=TOPIC)
        broker = Broker(settings, broker_errors(settings, "archive"), timeout_seconds=3)
        found = set()
        end = time.monotonic() + OBSERVED_S
        while time.monotonic() < end:
            with contextlib.suppress(ReconnectError):
                found.add(broker.identify())
            time.sleep(0.01)
    assert len(found) == 1
