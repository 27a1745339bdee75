"""The archive stops when the log is another one, or has lost messages that were not stored."""

import signal

import pytest
from confluent_kafka import TopicPartition

from testkit.deployment import Deployment
from testkit.fault_record import record_faults
from testkit.producer import as_messages, vectors
from testkit.queries import fetch, fetch_value
from testkit.services import Service
from testkit.waiting import wait_until

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database, pytest.mark.timeout(120)]

GONE_TIMEOUT_S = 20.0


def delete_topic(deployment: Deployment) -> None:
    """Delete the topic and wait until the broker has forgotten it."""
    record_faults()
    admin = deployment.admin()
    admin.delete_topics([deployment.topic])[deployment.topic].result(GONE_TIMEOUT_S)
    wait_until(
        lambda: deployment.topic not in admin.list_topics(timeout=GONE_TIMEOUT_S).topics,
        timeout_s=GONE_TIMEOUT_S,
        what="the topic goes",
    )


def delete_messages(deployment: Deployment, before: int) -> None:
    """Remove messages from the beginning of every partition, as retention does."""
    record_faults()
    admin = deployment.admin()
    ends = [
        TopicPartition(deployment.topic, number, before) for number in range(deployment.partitions)
    ]
    for deleting in admin.delete_records(ends).values():
        deleting.result(GONE_TIMEOUT_S)


def positions(deployment: Deployment) -> list[tuple[int, int]]:
    """Return the stored offset of every partition."""
    statement = "SELECT partition, next_offset FROM ingest_offsets WHERE topic = $1 ORDER BY 1"
    return [(row[0], row[1]) for row in fetch(deployment.database_url, statement, deployment.topic)]


def rows(deployment: Deployment) -> int:
    """Return how many state vectors are stored."""
    return int(fetch_value(deployment.database_url, "SELECT count(*) FROM state_vectors"))


def reason_of(service: Service) -> str:
    """Return why a service stopped; its exit code must be 1."""
    assert service.wait() == 1, service.log_tail()
    return str(service.wait_for_event("cannot_go_on")["reason"])


def reset_offsets(deployment: Deployment, expected_rows: int) -> Service:
    """Run reset-offsets, as the error suggests, and check that the archive continues."""
    done = deployment.command("reset-offsets")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{deployment.partitions} partitions of {deployment.topic} are kept" in done.stdout
    archive = deployment.archive()
    deployment.wait_until_stored()
    assert rows(deployment) == expected_rows
    audit = deployment.audit()
    assert audit.returncode == 0, audit.stdout
    return archive


def fill(deployment: Deployment, count: int, *, first: int = 0) -> None:
    """Publish so many messages to every partition."""
    for number in range(deployment.partitions):
        made = vectors(count, first=first + number * 1_000)
        deployment.publish(as_messages(made, partition=number))


def test_topic_created_again_while_the_archive_was_down(deployment: Deployment) -> None:
    """The start fails and names both ids, although the new topic has as many messages."""
    fill(deployment, 100)
    first = deployment.archive()
    deployment.wait_until_stored()
    assert first.stop() == 0
    before = positions(deployment)
    delete_topic(deployment)
    deployment.make_topic()
    fill(deployment, 200, first=10_000)
    assert "another topic of the same name: its id was" in reason_of(deployment.archive())
    assert (positions(deployment), rows(deployment)) == (before, 100 * deployment.partitions)
    reset_offsets(deployment, 300 * deployment.partitions)


def test_topic_created_again_while_the_archive_runs(deployment: Deployment) -> None:
    """It stops, says that the id changed, and has stored nothing at the new topic's offsets."""
    fill(deployment, 100)
    archive = deployment.archive()
    deployment.wait_until_stored()
    before = positions(deployment)
    delete_topic(deployment)
    deployment.make_topic()
    fill(deployment, 2_000, first=10_000)
    reason = reason_of(archive)
    assert (positions(deployment), rows(deployment)) == (before, 100 * deployment.partitions)
    assert "created again" in reason
    assert "its id was" in reason
    reset_offsets(deployment, 2_100 * deployment.partitions)


def test_topic_created_again_while_the_archive_is_paused(deployment: Deployment) -> None:
    """Even if the new topic has messages at the stored offset, none of them is stored."""
    fill(deployment, 100)
    archive = deployment.archive(ARCHIVE_SESSION_TIMEOUT_SECONDS="45")
    deployment.wait_until_stored()
    before = positions(deployment)
    archive.send(signal.SIGSTOP)
    delete_topic(deployment)
    deployment.make_topic()
    fill(deployment, 2_000, first=10_000)
    archive.send(signal.SIGCONT)
    reason = reason_of(archive)
    assert (positions(deployment), rows(deployment)) == (before, 100 * deployment.partitions)
    assert "its id was" in reason


def test_retention_that_passes_the_stored_offset_while_down(deployment: Deployment) -> None:
    """Messages that were removed before they were stored are reported, not skipped."""
    fill(deployment, 100)
    first = deployment.archive()
    deployment.wait_until_stored()
    assert first.stop() == 0
    before = positions(deployment)
    fill(deployment, 200, first=10_000)
    delete_messages(deployment, 150)
    assert "messages were removed before they were stored" in reason_of(deployment.archive())
    assert (positions(deployment), rows(deployment)) == (before, 100 * deployment.partitions)
    reset_offsets(deployment, (100 + 150) * deployment.partitions)


def test_retention_that_passes_a_waiting_archive(deployment: Deployment) -> None:
    """An archive that waits for its database too long finds its messages gone, and stops."""
    fill(deployment, 100)
    archive = deployment.archive(ARCHIVE_PAUSE_AFTER_SECONDS="0.5")
    deployment.wait_until_stored()
    deployment.timescale.stop()
    fill(deployment, 1, first=10_000)
    archive.wait_for_event("paused_for_database")
    fill(deployment, 300, first=20_000)
    delete_messages(deployment, 250)
    deployment.timescale.start()
    assert "removed before they were" in reason_of(archive)
    # The batch under way when the database went may hold some of the first four messages.
    stored = sum(offset for _, offset in positions(deployment))
    assert rows(deployment) == stored <= 101 * deployment.partitions
    reset_offsets(deployment, stored + 151 * deployment.partitions)


def test_retention_of_stored_messages_changes_nothing(deployment: Deployment) -> None:
    """Messages that were stored may be removed."""
    fill(deployment, 100)
    first = deployment.archive()
    deployment.wait_until_stored()
    delete_messages(deployment, 90)
    assert first.stop() == 0
    deployment.archive()
    fill(deployment, 100, first=10_000)
    deployment.wait_until_stored()
    assert deployment.audit().returncode == 0
    assert rows(deployment) == 200 * deployment.partitions
