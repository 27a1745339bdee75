"""Partitions that are added to a running pipeline are written, stored and streamed."""

import time

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.cimpl import NewPartitions

from telemetry.state_vector import StateVector
from tests.support import audit_log
from tests.support.operations import metric
from tests.support.pipeline import Pipeline
from tests.support.producer import as_messages, vectors
from tests.support.services import Service
from tests.support.sse_viewer import StreamViewer
from tests.support.stage import Stage
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database, pytest.mark.timeout(180)]

ADDED = 3
TAKEN_UP_S = 40.0
FLEET = 300


def add_partitions(stage: Stage) -> None:
    """Add some and wait until the broker says so."""
    wanted = stage.partitions + ADDED
    admin = stage.admin()  # kept, because requests end with their client
    admin.create_partitions([NewPartitions(stage.topic, wanted)])[stage.topic].result(20)
    wait_until(
        lambda: (
            len(admin.list_topics(stage.topic, timeout=20).topics[stage.topic].partitions) == wanted
        ),
        timeout_s=20,
        what="more partitions",
    )


def heard_now(count: int, *, seconds_ago: int, first: int = 0) -> list[StateVector]:
    """Return state vectors that a picture of now has room for."""
    return vectors(count, aircraft=count, first=first, start=int(time.time()) - seconds_ago)


def wait_until_taken_up(*lives: Service) -> None:
    """Wait until instances read the added partitions."""
    for live in lives:
        live.wait_for_event("partitions_added", TAKEN_UP_S)


def fleet(viewer: StreamViewer) -> dict[str, int]:
    """Return what a viewer holds: each aircraft's last contact."""
    return {icao24: state["last_contact"] for icao24, state in viewer.viewer.fleet.items()}


def test_added_under_load(stage: Stage) -> None:
    """The collector fills them, the archive stores them, open streams show them."""
    pipeline = Pipeline(stage, aircraft=600)
    processor = pipeline.processor
    with StreamViewer(processor.url) as viewer:
        viewer.wait_for_event("update")
        add_partitions(stage)
        wait_until_taken_up(processor)
        wait_until(
            lambda: all(
                high > 0
                for _, high in audit_log.read_watermarks(
                    stage.kafka.bootstrap_servers, stage.topic
                ).values()
            ),
            timeout_s=TAKEN_UP_S,
            what="messages in every partition",
        )
        wait_until(
            lambda: metric(processor, "live_lag_messages") == 0,
            timeout_s=TAKEN_UP_S,
            what="a reader without lag",
        )
        pipeline.check_alive()
        assert pipeline.collector.stop() == 0
        fresh = stage.live()
        with StreamViewer(fresh.url) as other:
            other.wait_for_event("snapshot")
            viewer.wait_for(
                lambda: fleet(viewer) == fleet(other), timeout_s=20, what="the same fleet"
            )
        assert not {"reset", "bye"} & set(viewer.names)
        assert viewer.names.count("snapshot") == 1
    stage.wait_until_stored(TAKEN_UP_S)
    assert processor.stop() == 0
    assert stage.check().rows > 0


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_added_partitions_are_divided_among_the_group(stage: Stage, protocol: str) -> None:
    """By either protocol, and within seconds instead of minutes."""
    archive = stage.archive(KAFKA_GROUP_PROTOCOL=protocol)
    stage.publish(as_messages(vectors(500)))
    stage.wait_until_stored()
    add_partitions(stage)
    stage.publish(as_messages(vectors(2_000, aircraft=2_000, first=1_000)))
    stage.wait_until_stored(TAKEN_UP_S)
    assert archive.stop() == 0
    assert stage.check().rows == 2_500


def test_id_from_before_is_resumed_by_any_instance(stage: Stage) -> None:
    """By those that saw the partitions come and by one that was started since."""
    stage.publish(as_messages(heard_now(FLEET, seconds_ago=20)))
    first, second = stage.live(), stage.live()
    with StreamViewer(first.url) as viewer, StreamViewer(second.url) as other:
        viewer.wait_for_event("snapshot")
        other.wait_for_event("snapshot")
    seen, held = viewer.viewer.last_event_id, dict(viewer.viewer.fleet)
    assert len(held) == FLEET
    add_partitions(stage)
    # The same aircraft, whose keys now lead to other partitions, and some new ones.
    missed = heard_now(200, seconds_ago=5, first=FLEET - 100)
    stage.publish(as_messages(missed))
    wait_until_taken_up(first, second)
    third = stage.live()
    with StreamViewer(third.url) as fresh:
        fresh.wait_for(lambda: len(fleet(fresh)) == FLEET + 100, timeout_s=20, what="all aircraft")
    for live in (first, second, third):
        with StreamViewer(live.url, last_event_id=seen) as returned:
            returned.viewer.fleet.update(held)
            returned.wait_for(
                lambda returned=returned: fleet(returned) == fleet(fresh),  # type: ignore[misc]
                timeout_s=20,
                what="the same fleet",
            )
            assert not {"snapshot", "reset"} & set(returned.names)


def test_id_from_before_is_reset_where_the_added_messages_are_gone(stage: Stage) -> None:
    """Others may have read them, so nothing that a viewer holds is certain."""
    stage.publish(as_messages(heard_now(FLEET, seconds_ago=20)))
    live = stage.live()
    with StreamViewer(live.url) as viewer:
        viewer.wait_for_event("snapshot")
    seen = viewer.viewer.last_event_id
    add_partitions(stage)
    assert live.stop() == 0
    added = range(stage.partitions, stage.partitions + ADDED)
    for number in added:
        made = heard_now(50, seconds_ago=5, first=1_000 * number)
        stage.publish(as_messages(made, partition=number))
    admin = stage.admin()
    ends = [TopicPartition(stage.topic, number, 20) for number in added]
    for deleting in admin.delete_records(ends).values():
        deleting.result(20)
    late = stage.live()
    with StreamViewer(late.url, last_event_id=seen) as returned:
        returned.wait_for_event("snapshot")
        assert returned.names[0] == "reset"
        assert len(fleet(returned)) == FLEET + ADDED * 30


def test_topic_made_again_with_fewer_partitions_is_another_log(stage: Stage) -> None:
    """Also where it has messages at the old offsets: it is read from its beginning."""
    stage.publish(as_messages(heard_now(FLEET, seconds_ago=20)))
    live = stage.live()
    with StreamViewer(live.url) as viewer:
        viewer.wait_for_event("snapshot")
        admin = stage.admin()
        admin.delete_topics([stage.topic])[stage.topic].result(20)
        wait_until(
            lambda: stage.topic not in admin.list_topics(timeout=20).topics,
            timeout_s=20,
            what="the topic goes",
        )
        stage.partitions = 2
        stage.make_topic()
        after = heard_now(1_000, seconds_ago=5, first=5_000)
        stage.publish(as_messages(after))
        viewer.wait_for(
            lambda: fleet(viewer) == {one.icao24: one.last_contact for one in after},
            timeout_s=TAKEN_UP_S,
            what="the new log's fleet",
        )
        assert "reset" in viewer.names
