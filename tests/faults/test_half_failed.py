"""A fault that one half cannot go on with ends neither the other nor the process."""

import asyncio
import secrets
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from confluent_kafka import TopicPartition
from prometheus_client import CollectorRegistry

from processor.archive_half import ArchiveHalf
from processor.errors import LogLostError
from processor.settings import ProcessorSettings
from testkit.databases import execute
from testkit.deployment import Deployment
from testkit.fault_record import record_faults
from testkit.operations import is_ready, metric, readiness
from testkit.pipeline import Pipeline
from testkit.producer import as_messages, vectors
from testkit.queries import fetch, fetch_value
from testkit.services import Service
from testkit.sse_subscriber import StreamSubscriber
from testkit.waiting import wait_until

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database, pytest.mark.timeout(180)]

RECOVERY_TIMEOUT_S = 60.0


def has_failed(processor: Service, half: str) -> bool:
    """Whether a half says so, by /ready and by its metric."""
    _, checks = readiness(processor)
    return checks[half] is False and metric(processor, "flightmonitor_processor_half_failed") == 1


def works_again(processor: Service) -> bool:
    """Whether both halves do their work, and neither says any longer that it failed."""
    return is_ready(processor) and not metric(processor, "flightmonitor_processor_half_failed")


def delete_messages(deployment: Deployment) -> None:
    """Remove all messages there are, as retention does."""
    record_faults()
    ends = [TopicPartition(deployment.topic, number, -1) for number in range(deployment.partitions)]
    admin = deployment.admin()  # kept, because requests end with their client
    for deleting in admin.delete_records(ends).values():
        deleting.result(20)


def wait_for_updates(subscriber: StreamSubscriber, count: int = 3) -> None:
    """Wait for more updates than there are."""
    before = subscriber.names.count("update")
    subscriber.wait_for(
        lambda: subscriber.names.count("update") >= before + count, timeout_s=20, what="updates"
    )


def test_unread_records_that_expired_do_not_end_the_stream(deployment: Deployment) -> None:
    """The archive says why it failed, and stores again after `reset-offsets`, without a restart."""
    pipeline = Pipeline(deployment)
    processor = pipeline.processor
    with StreamSubscriber(processor.url) as subscriber:
        subscriber.wait_for_event("update")
        deployment.wait_until_stored()
        deployment.timescale.stop()
        processor.wait_for_event("paused_for_database")  # which drops what was fetched ahead
        wait_for_updates(subscriber)
        delete_messages(deployment)
        deployment.timescale.start()
        processor.wait_for_event("half_failed")
        wait_until(lambda: has_failed(processor, "archive"), timeout_s=20, what="archive failed")
        code, checks = readiness(processor)
        assert code == 200
        assert checks["live"] is checks["live_picture"] is True
        assert "failed: " in str(checks["reasons"])
        assert "removed before they were" in str(checks["reasons"])
        wait_for_updates(subscriber)
        rows = "SELECT count(*) FROM state_vectors"
        stored = int(fetch_value(deployment.database_url, rows))
        assert deployment.command("reset-offsets").returncode == 0
        wait_until(
            lambda: works_again(processor),
            timeout_s=RECOVERY_TIMEOUT_S,
            what=lambda: f"the archive works again: {readiness(processor)}",
        )
        wait_for_updates(subscriber)
        assert subscriber.statuses == [200]
        assert not {"bye", "reset"} & set(subscriber.names)
    assert pipeline.collector.stop() == 0
    deployment.wait_until_stored()
    assert processor.stop() == 0
    assert int(fetch_value(deployment.database_url, rows)) > stored


def test_login_that_was_revoked_does_not_end_the_stream(deployment: Deployment) -> None:
    """Once it is granted again everything is stored, without a restart."""
    role = f"archive_{secrets.token_hex(4)}"
    execute(deployment.database_url, f"CREATE ROLE {role} SUPERUSER LOGIN")
    parts = urlsplit(deployment.database_url)
    address = parts.netloc.rpartition("@")[2]
    url = parts._replace(netloc=f"{role}@{address}").geturl()
    processor = deployment.service("processor", DATABASE_URL=url)
    deployment.publish(as_messages(vectors(500)))
    deployment.wait_until_stored()
    execute(deployment.database_url, f"ALTER ROLE {role} NOLOGIN")
    record_faults()
    ending = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1"
    fetch(deployment.database_url, ending, role)
    deployment.publish(as_messages(vectors(500, first=1_000)))
    wait_until(lambda: "reasons" in readiness(processor)[1], timeout_s=30, what="a reason")
    assert readiness(processor)[0] == 200
    assert processor.is_running
    execute(deployment.database_url, f"ALTER ROLE {role} LOGIN")
    deployment.wait_until_stored(RECOVERY_TIMEOUT_S)
    assert processor.stop() == 0
    account = deployment.check()
    assert (account.rows, account.repeated) == (1_000, 0)


def test_fault_of_the_live_half_leaves_the_archive_storing(deployment: Deployment) -> None:
    """/ready sends no client here meanwhile; the same stream goes on when the fault is over."""
    fault = deployment.folder / "fault"
    processor = deployment.service("testkit.faulty_live", FAULT_FILE=str(fault))
    with StreamSubscriber(processor.url) as subscriber:
        subscriber.wait_for_event("snapshot")
        fault.touch()
        record_faults()
        deployment.publish(as_messages(vectors(500)))
        wait_until(lambda: has_failed(processor, "live"), timeout_s=20, what="live failed")
        code, checks = readiness(processor)
        assert (code, checks["archive"]) == (503, True)
        assert httpx.get(f"{processor.url}/api/flights").status_code == 503
        deployment.wait_until_stored()
        fault.unlink()
        wait_until(
            lambda: works_again(processor),
            timeout_s=RECOVERY_TIMEOUT_S,
            what=lambda: f"the live half works again: {readiness(processor)}",
        )
        assert subscriber.statuses == [200]
        assert "bye" not in subscriber.names
    assert processor.stop() == 0
    assert deployment.check().rows == 500


def lose_messages(deployment: Deployment) -> None:
    """Have the archive store some, then remove what follows before it is read."""
    deployment.publish(as_messages(vectors(500)))
    archive = deployment.archive()
    deployment.wait_until_stored()
    assert archive.stop() == 0
    deployment.publish(as_messages(vectors(500, first=1_000)))
    delete_messages(deployment)


def test_process_ends_when_both_halves_have_failed(deployment: Deployment) -> None:
    """With exit code 1, and promptly, also while the archive waits for its next attempt."""
    fault = deployment.folder / "fault"
    lose_messages(deployment)
    processor = deployment.service("testkit.faulty_live", FAULT_FILE=str(fault))
    processor.wait_for_event("half_failed")
    assert processor.is_running
    fault.touch()
    record_faults()
    deployment.publish(as_messages(vectors(1)))
    assert processor.wait() == 1


def test_stop_between_two_attempts_is_orderly(deployment: Deployment) -> None:
    """It waits for nothing that is not at work; viewers are sent away as always."""
    lose_messages(deployment)
    processor = deployment.service("processor")
    with StreamSubscriber(processor.url) as subscriber:
        subscriber.wait_for_event("snapshot")
        processor.wait_for_event("half_failed")
        assert processor.stop() == 0
        subscriber.wait_for_event("bye")


def count_threads_and_files() -> list[int]:
    """Return how many this process has."""
    return [len(list(Path(f"/proc/self/{kind}").iterdir())) for kind in ("task", "fd")]


async def test_attempts_leave_nothing_behind(deployment: Deployment) -> None:
    """Neither threads nor connections, however often the archive is tried."""
    await asyncio.to_thread(lose_messages, deployment)
    settings = ProcessorSettings.model_validate(
        {
            "kafka": {
                "bootstrap_servers": deployment.kafka.bootstrap_servers,
                "topic": deployment.topic,
                "group_id": f"archive-{deployment.topic}",
            },
            "database": {"url": deployment.database_url},
        }
    )
    half = ArchiveHalf(settings, CollectorRegistry())
    counts = []
    for _ in range(8):
        tasks = half.begin()
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        assert isinstance(done.pop().exception(), LogLostError)
        await half.end()
        del tasks, done
        counts.append(count_threads_and_files())
    # One client has three threads and more; the event loop's own pool still grows by some.
    assert all(last < early + 6 for last, early in zip(counts[-1], counts[2], strict=True)), counts
