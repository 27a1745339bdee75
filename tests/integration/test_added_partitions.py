"""Partitions that are added to a running pipeline are written, stored and streamed."""

import time

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.cimpl import NewPartitions

from telemetry.state_vector import StateVector
from testkit import audit_log
from testkit.deployment import Deployment
from testkit.operations import metric
from testkit.pipeline import Pipeline
from testkit.producer import as_messages, vectors
from testkit.services import Service
from testkit.sse_subscriber import StreamSubscriber
from testkit.waiting import wait_until

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database, pytest.mark.timeout(180)]

ADDED = 3
TAKEN_UP_S = 40.0
FLEET = 300


def add_partitions(deployment: Deployment) -> None:
    """Add some and wait until the broker says so."""
    wanted = deployment.partitions + ADDED
    admin = deployment.admin()  # kept, because requests end with their client
    admin.create_partitions([NewPartitions(deployment.topic, wanted)])[deployment.topic].result(20)
    wait_until(
        lambda: (
            len(admin.list_topics(deployment.topic, timeout=20).topics[deployment.topic].partitions)
            == wanted
        ),
        timeout_s=20,
        what="more partitions",
    )


def received_now(count: int, *, seconds_ago: int, first: int = 0) -> list[StateVector]:
    """Return state vectors that a picture of now has room for."""
    return vectors(count, aircraft=count, first=first, start=int(time.time()) - seconds_ago)


def wait_until_taken_up(*lives: Service) -> None:
    """Wait until instances read the added partitions."""
    for live in lives:
        live.wait_for_event("partitions_added", TAKEN_UP_S)


def fleet(subscriber: StreamSubscriber) -> dict[str, int]:
    """Return what a viewer holds: each aircraft's last contact."""
    return {icao24: state["last_contact"] for icao24, state in subscriber.subscriber.fleet.items()}


def test_added_under_load(deployment: Deployment) -> None:
    """The collector fills them, the archive stores them, open streams show them."""
    pipeline = Pipeline(deployment, aircraft=600)
    processor = pipeline.processor
    with StreamSubscriber(processor.url) as subscriber:
        subscriber.wait_for_event("update")
        add_partitions(deployment)
        wait_until_taken_up(processor)
        wait_until(
            lambda: all(
                high > 0
                for _, high in audit_log.read_watermarks(
                    deployment.kafka.bootstrap_servers, deployment.topic
                ).values()
            ),
            timeout_s=TAKEN_UP_S,
            what="messages in every partition",
        )
        wait_until(
            lambda: metric(processor, "flightmonitor_live_lag_messages") == 0,
            timeout_s=TAKEN_UP_S,
            what="a reader without lag",
        )
        pipeline.check_alive()
        assert pipeline.collector.stop() == 0
        fresh = deployment.live()
        with StreamSubscriber(fresh.url) as other:
            other.wait_for_event("snapshot")
            subscriber.wait_for(
                lambda: fleet(subscriber) == fleet(other), timeout_s=20, what="the same fleet"
            )
        assert not {"reset", "bye"} & set(subscriber.names)
        assert subscriber.names.count("snapshot") == 1
    deployment.wait_until_stored(TAKEN_UP_S)
    assert processor.stop() == 0
    assert deployment.check().rows > 0


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_added_partitions_are_divided_among_the_group(
    deployment: Deployment, protocol: str
) -> None:
    """By either protocol, and within seconds instead of minutes."""
    archive = deployment.archive(KAFKA_GROUP_PROTOCOL=protocol)
    deployment.publish(as_messages(vectors(500)))
    deployment.wait_until_stored()
    add_partitions(deployment)
    deployment.publish(as_messages(vectors(2_000, aircraft=2_000, first=1_000)))
    deployment.wait_until_stored(TAKEN_UP_S)
    assert archive.stop() == 0
    assert deployment.check().rows == 2_500


def test_id_from_before_is_resumed_by_any_instance(deployment: Deployment) -> None:
    """By those that saw the partitions come and by one that was started since."""
    deployment.publish(as_messages(received_now(FLEET, seconds_ago=20)))
    first, second = deployment.live(), deployment.live()
    with StreamSubscriber(first.url) as subscriber, StreamSubscriber(second.url) as other:
        subscriber.wait_for_event("snapshot")
        other.wait_for_event("snapshot")
    seen, held = subscriber.subscriber.last_event_id, dict(subscriber.subscriber.fleet)
    assert len(held) == FLEET
    add_partitions(deployment)
    # The same aircraft, whose keys now lead to other partitions, and some new ones.
    missed = received_now(200, seconds_ago=5, first=FLEET - 100)
    deployment.publish(as_messages(missed))
    wait_until_taken_up(first, second)
    third = deployment.live()
    with StreamSubscriber(third.url) as fresh:
        fresh.wait_for(lambda: len(fleet(fresh)) == FLEET + 100, timeout_s=20, what="all aircraft")
    for live in (first, second, third):
        with StreamSubscriber(live.url, last_event_id=seen) as returned:
            returned.subscriber.fleet.update(held)
            returned.wait_for(
                lambda returned=returned: fleet(returned) == fleet(fresh),  # type: ignore[misc]
                timeout_s=20,
                what="the same fleet",
            )
            assert not {"snapshot", "reset"} & set(returned.names)


def test_id_from_before_is_reset_where_the_added_messages_are_gone(deployment: Deployment) -> None:
    """Others may have read them, so nothing that a viewer holds is certain."""
    deployment.publish(as_messages(received_now(FLEET, seconds_ago=20)))
    live = deployment.live()
    with StreamSubscriber(live.url) as subscriber:
        subscriber.wait_for_event("snapshot")
    seen = subscriber.subscriber.last_event_id
    add_partitions(deployment)
    assert live.stop() == 0
    added = range(deployment.partitions, deployment.partitions + ADDED)
    for number in added:
        made = received_now(50, seconds_ago=5, first=1_000 * number)
        deployment.publish(as_messages(made, partition=number))
    admin = deployment.admin()
    ends = [TopicPartition(deployment.topic, number, 20) for number in added]
    for deleting in admin.delete_records(ends).values():
        deleting.result(20)
    late = deployment.live()
    with StreamSubscriber(late.url, last_event_id=seen) as returned:
        returned.wait_for_event("snapshot")
        assert returned.names[0] == "reset"
        assert len(fleet(returned)) == FLEET + ADDED * 30


def test_topic_made_again_with_fewer_partitions_is_another_log(deployment: Deployment) -> None:
    """Also where it has messages at the old offsets: it is read from its beginning."""
    deployment.publish(as_messages(received_now(FLEET, seconds_ago=20)))
    live = deployment.live()
    with StreamSubscriber(live.url) as subscriber:
        subscriber.wait_for_event("snapshot")
        admin = deployment.admin()
        admin.delete_topics([deployment.topic])[deployment.topic].result(20)
        wait_until(
            lambda: deployment.topic not in admin.list_topics(timeout=20).topics,
            timeout_s=20,
            what="the topic goes",
        )
        deployment.partitions = 2
        deployment.make_topic()
        after = received_now(1_000, seconds_ago=5, first=5_000)
        deployment.publish(as_messages(after))
        subscriber.wait_for(
            lambda: fleet(subscriber) == {one.icao24: one.last_contact for one in after},
            timeout_s=TAKEN_UP_S,
            what="the new log's fleet",
        )
        assert "reset" in subscriber.names
