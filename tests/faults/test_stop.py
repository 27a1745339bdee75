"""SIGTERM under load ends in order, loses nothing, and sends each subscriber the reason."""

import time
from contextlib import ExitStack

import pytest

from testkit.deployment import Deployment
from testkit.fault_record import record_faults
from testkit.pipeline import Pipeline
from testkit.producer import as_messages, vectors
from testkit.sse_subscriber import StreamSubscriber

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database, pytest.mark.timeout(120)]

STOP_LIMIT_S = 25.0


def test_processor_ends_under_load(deployment: Deployment) -> None:
    """Exit code 0, every viewer gets `bye` as its last event, and what was read is stored."""
    pipeline = Pipeline(deployment, aircraft=3_000)
    with ExitStack() as stack:
        url = pipeline.processor.url
        subscribers = [stack.enter_context(StreamSubscriber(url)) for _ in range(5)]
        for subscriber in subscribers:
            subscriber.wait_for_event("update")
        record_faults()
        started = time.monotonic()
        assert pipeline.processor.stop() == 0
        assert time.monotonic() - started < STOP_LIMIT_S
        for subscriber in subscribers:
            subscriber.wait_for(lambda v=subscriber: v.is_ended, timeout_s=10, what="the end")  # type: ignore[misc]
            assert subscriber.names[-1] == "bye"
    pipeline.processor.start()
    pipeline.processor.wait_for_event("started")
    assert pipeline.collector.stop() == 0
    deployment.wait_until_stored()
    assert pipeline.processor.stop() == 0
    assert deployment.check().rows > 0


def test_processor_ends_while_the_database_is_away(deployment: Deployment) -> None:
    """It does not wait for ever; what it could not store is still in the log."""
    archive = deployment.archive()
    deployment.publish(as_messages(vectors(1_000)))
    deployment.wait_until_stored()
    deployment.timescale.stop()
    deployment.publish(as_messages(vectors(1_000, first=5_000)))
    time.sleep(1)
    record_faults()
    started = time.monotonic()
    code = archive.stop()
    assert time.monotonic() - started < STOP_LIMIT_S
    assert code == 0
    deployment.timescale.start()
    deployment.archive()
    deployment.wait_until_stored()
    account = deployment.check()
    assert (account.rows, account.repeated) == (2_000, 0)


def test_processor_ends_while_the_broker_is_away(deployment: Deployment) -> None:
    """Neither half holds up the other's end when Kafka does not answer."""
    processor = deployment.service("processor")
    deployment.publish(as_messages(vectors(1_000)))
    deployment.wait_until_stored()
    deployment.kafka.stop()
    time.sleep(1)
    record_faults()
    started = time.monotonic()
    code = processor.stop()
    seconds = time.monotonic() - started
    deployment.kafka.start()
    assert code == 0
    assert seconds < STOP_LIMIT_S
    deployment.archive()
    deployment.publish(as_messages(vectors(1_000, first=5_000)))
    deployment.wait_until_stored()
    assert deployment.check().rows == 2_000


def test_collector_ends_under_load(deployment: Deployment) -> None:
    """Exit code 0: every message that it had accepted was delivered."""
    pipeline = Pipeline(deployment, aircraft=3_000)
    pipeline.collector.wait_for_event("started")
    time.sleep(2.5)
    record_faults()
    assert pipeline.collector.stop() == 0
    deployment.wait_until_stored()
    assert deployment.check().rows > 0
