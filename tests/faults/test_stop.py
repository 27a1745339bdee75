"""SIGTERM in the middle of everything: an orderly end, nothing lost, viewers told."""

import time
from contextlib import ExitStack

import pytest

from tests.support.pipeline import Pipeline
from tests.support.producer import as_messages, vectors
from tests.support.sse_viewer import StreamViewer
from tests.support.stage import Stage

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database, pytest.mark.timeout(120)]

STOP_LIMIT_S = 25.0


def test_processor_ends_under_load(stage: Stage) -> None:
    """Exit code 0, every viewer gets `bye` as its last event, and what was read is stored."""
    pipeline = Pipeline(stage, aircraft=3_000)
    with ExitStack() as stack:
        url = pipeline.processor.url
        viewers = [stack.enter_context(StreamViewer(url)) for _ in range(5)]
        for viewer in viewers:
            viewer.wait_for_event("update")
        started = time.monotonic()
        assert pipeline.processor.stop() == 0
        assert time.monotonic() - started < STOP_LIMIT_S
        for viewer in viewers:
            viewer.wait_for(lambda v=viewer: v.is_ended, timeout_s=10, what="the end")  # type: ignore[misc]
            assert viewer.names[-1] == "bye"
    pipeline.processor.start()
    pipeline.processor.wait_for_event("started")
    assert pipeline.collector.stop() == 0
    stage.wait_until_stored()
    assert pipeline.processor.stop() == 0
    assert stage.check().rows > 0


def test_processor_ends_while_the_database_is_away(stage: Stage) -> None:
    """It does not wait for ever; what it could not store is still in the log."""
    archive = stage.archive()
    stage.publish(as_messages(vectors(1_000)))
    stage.wait_until_stored()
    stage.timescale.stop()
    stage.publish(as_messages(vectors(1_000, first=5_000)))
    time.sleep(1)
    started = time.monotonic()
    code = archive.stop()
    assert time.monotonic() - started < STOP_LIMIT_S
    assert code == 0
    stage.timescale.start()
    stage.archive()
    stage.wait_until_stored()
    account = stage.check()
    assert (account.rows, account.repeated) == (2_000, 0)


def test_processor_ends_while_the_broker_is_away(stage: Stage) -> None:
    """Neither half holds up the other's end when Kafka does not answer."""
    processor = stage.service("processor")
    stage.publish(as_messages(vectors(1_000)))
    stage.wait_until_stored()
    stage.kafka.stop()
    time.sleep(1)
    started = time.monotonic()
    code = processor.stop()
    seconds = time.monotonic() - started
    stage.kafka.start()
    assert code == 0
    assert seconds < STOP_LIMIT_S
    stage.archive()
    stage.publish(as_messages(vectors(1_000, first=5_000)))
    stage.wait_until_stored()
    assert stage.check().rows == 2_000


def test_collector_ends_under_load(stage: Stage) -> None:
    """Exit code 0: every message that it had accepted was delivered."""
    pipeline = Pipeline(stage, aircraft=3_000)
    pipeline.collector.wait_for_event("started")
    time.sleep(2.5)
    assert pipeline.collector.stop() == 0
    stage.wait_until_stored()
    assert stage.check().rows > 0
