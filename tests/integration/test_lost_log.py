"""A log that is not, or not all, what was being stored stops the archive instead of harming it."""

import signal

import pytest
from confluent_kafka import TopicPartition

from tests.support.producer import as_messages, vectors
from tests.support.queries import fetch, fetch_value
from tests.support.services import Service
from tests.support.stage import Stage
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database, pytest.mark.timeout(120)]

GONE_TIMEOUT_S = 20.0


def delete_topic(stage: Stage) -> None:
    """Delete the topic and wait until the broker has forgotten it."""
    admin = stage.admin()
    admin.delete_topics([stage.topic])[stage.topic].result(GONE_TIMEOUT_S)
    wait_until(
        lambda: stage.topic not in admin.list_topics(timeout=GONE_TIMEOUT_S).topics,
        timeout_s=GONE_TIMEOUT_S,
        what="the topic goes",
    )


def delete_messages(stage: Stage, before: int) -> None:
    """Remove messages from the beginning of every partition, as retention does."""
    admin = stage.admin()
    ends = [TopicPartition(stage.topic, number, before) for number in range(stage.partitions)]
    for deleting in admin.delete_records(ends).values():
        deleting.result(GONE_TIMEOUT_S)


def positions(stage: Stage) -> list[tuple[int, int]]:
    """Return the stored position of every partition."""
    statement = "SELECT partition, next_offset FROM ingest_offsets WHERE topic = $1 ORDER BY 1"
    return [(row[0], row[1]) for row in fetch(stage.database_url, statement, stage.topic)]


def rows(stage: Stage) -> int:
    """Return how many state vectors are stored."""
    return int(fetch_value(stage.database_url, "SELECT count(*) FROM state_vectors"))


def reason_of(service: Service) -> str:
    """Return why a service could not go on; it must have ended with exit code 1."""
    assert service.wait() == 1, service.log_tail()
    return str(service.wait_for_event("cannot_go_on")["reason"])


def begin_anew(stage: Stage, expected_rows: int) -> Service:
    """Begin anew, as the message tells, and see that the archive goes on."""
    done = stage.command("begin-anew")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{stage.partitions} partitions of {stage.topic} are kept" in done.stdout
    archive = stage.archive()
    stage.wait_until_stored()
    assert rows(stage) == expected_rows
    audit = stage.command("audit")
    assert audit.returncode == 0, audit.stdout
    return archive


def fill(stage: Stage, count: int, *, first: int = 0) -> None:
    """Publish so many messages to every partition."""
    for number in range(stage.partitions):
        made = vectors(count, first=first + number * 1_000)
        stage.publish(as_messages(made, partition=number))


def test_topic_made_anew_while_the_archive_was_down(stage: Stage) -> None:
    """The start fails and names both ids, although the new topic has as many messages."""
    fill(stage, 100)
    first = stage.archive()
    stage.wait_until_stored()
    assert first.stop() == 0
    before = positions(stage)
    delete_topic(stage)
    stage.make_topic()
    fill(stage, 200, first=10_000)
    assert "another topic of the same name: its id was" in reason_of(stage.archive())
    assert (positions(stage), rows(stage)) == (before, 100 * stage.partitions)
    begin_anew(stage, 300 * stage.partitions)


def test_topic_made_anew_under_a_running_archive(stage: Stage) -> None:
    """It stops, says that the id changed, and has stored nothing at the new topic's offsets."""
    fill(stage, 100)
    archive = stage.archive()
    stage.wait_until_stored()
    before = positions(stage)
    delete_topic(stage)
    stage.make_topic()
    fill(stage, 2_000, first=10_000)
    reason = reason_of(archive)
    assert (positions(stage), rows(stage)) == (before, 100 * stage.partitions)
    assert "made anew" in reason
    assert "its id was" in reason
    begin_anew(stage, 2_100 * stage.partitions)


def test_topic_made_anew_behind_a_paused_archive(stage: Stage) -> None:
    """Even where the new topic has messages at the old position none of them is stored."""
    fill(stage, 100)
    archive = stage.archive(ARCHIVE_SESSION_TIMEOUT_SECONDS="45")
    stage.wait_until_stored()
    before = positions(stage)
    archive.send(signal.SIGSTOP)
    delete_topic(stage)
    stage.make_topic()
    fill(stage, 2_000, first=10_000)
    archive.send(signal.SIGCONT)
    reason = reason_of(archive)
    assert (positions(stage), rows(stage)) == (before, 100 * stage.partitions)
    assert "its id was" in reason


def test_retention_that_passes_the_position_while_down(stage: Stage) -> None:
    """Messages removed before they were stored are told, not skipped."""
    fill(stage, 100)
    first = stage.archive()
    stage.wait_until_stored()
    assert first.stop() == 0
    before = positions(stage)
    fill(stage, 200, first=10_000)
    delete_messages(stage, 150)
    assert "messages were removed before they were stored" in reason_of(stage.archive())
    assert (positions(stage), rows(stage)) == (before, 100 * stage.partitions)
    begin_anew(stage, (100 + 150) * stage.partitions)


def test_retention_that_passes_a_waiting_archive(stage: Stage) -> None:
    """An archive that waits for its database too long finds its messages gone, and stops."""
    fill(stage, 100)
    archive = stage.archive(ARCHIVE_PAUSE_AFTER_SECONDS="0.5")
    stage.wait_until_stored()
    stage.timescale.stop()
    fill(stage, 1, first=10_000)
    archive.wait_for_event("paused_for_database")
    fill(stage, 300, first=20_000)
    delete_messages(stage, 250)
    stage.timescale.start()
    assert "removed before they were" in reason_of(archive)
    # The batch under way when the database went may hold some of the first four messages.
    stored = sum(offset for _, offset in positions(stage))
    assert rows(stage) == stored <= 101 * stage.partitions
    begin_anew(stage, stored + 151 * stage.partitions)


def test_retention_that_stays_behind_the_position_changes_nothing(stage: Stage) -> None:
    """Messages that were stored may go."""
    fill(stage, 100)
    first = stage.archive()
    stage.wait_until_stored()
    delete_messages(stage, 90)
    assert first.stop() == 0
    stage.archive()
    fill(stage, 100, first=10_000)
    stage.wait_until_stored()
    assert stage.command("audit").returncode == 0
    assert rows(stage) == 200 * stage.partitions
