"""An instance that slept through its session is fenced: what it still holds is not stored twice."""

import asyncio
import random
import signal
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress

import asyncpg
import pytest

from testkit.deployment import Deployment
from testkit.fault_record import record_faults
from testkit.fault_seed import fault_seed
from testkit.producer import as_messages, vectors
from testkit.queries import fetch, fetch_value
from testkit.services import Service
from testkit.waiting import wait_until

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database, pytest.mark.timeout(150)]

SESSION_S = 6
TAKE_OVER_TIMEOUT_S = 40.0

WAITING = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
    " AND application_name LIKE '%archive%' AND wait_event_type = 'Lock'"
)


@contextmanager
def locked_offsets(dsn: str) -> Iterator[None]:
    """Hold every position, so that a batch waits in the middle of its transaction."""
    record_faults()
    is_locked, may_go = threading.Event(), threading.Event()

    async def hold() -> None:
        connection = await asyncpg.connect(dsn)
        async with connection.transaction():
            await connection.fetch("SELECT * FROM ingest_offsets FOR UPDATE")
            is_locked.set()
            await asyncio.to_thread(may_go.wait)
        await connection.close()

    holder = threading.Thread(target=lambda: asyncio.run(hold()))
    holder.start()
    is_locked.wait(10)
    try:
        yield
    finally:
        may_go.set()
        holder.join()


@contextmanager
def asleep_in_a_copy(dsn: str) -> Iterator[None]:
    """Hold every position as an archive that was suspended in the middle of a COPY does."""
    record_faults()
    is_sleeping, may_end = threading.Event(), threading.Event()

    async def rows() -> AsyncIterator[bytes]:
        yield b"1\n"
        is_sleeping.set()
        await asyncio.to_thread(may_end.wait)

    async def sleep() -> None:
        settings = {"application_name": "flight-monitor archive asleep", "statement_timeout": "5s"}
        connection = await asyncpg.connect(dsn, server_settings=settings)
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            async with connection.transaction():
                await connection.fetch("SELECT * FROM ingest_offsets FOR UPDATE")
                await connection.execute("CREATE TEMPORARY TABLE copied (value int)")
                await connection.copy_to_table("copied", source=rows())

    sleeper = threading.Thread(target=lambda: asyncio.run(sleep()))
    sleeper.start()
    is_sleeping.wait(10)
    try:
        yield
    finally:
        may_end.set()
        sleeper.join()


def owner_pid(deployment: Deployment) -> set[str]:
    """Return the process ids of those who own partitions."""
    owners = fetch(deployment.database_url, "SELECT DISTINCT owner FROM ingest_offsets")
    return {str(owner[0]).rpartition(":")[2] for owner in owners}


def wait_for_owner(deployment: Deployment, service: Service) -> None:
    """Wait until one instance owns everything."""
    wait_until(
        lambda: owner_pid(deployment) == {str(service.process.pid)},
        timeout_s=TAKE_OVER_TIMEOUT_S,
        what=lambda: (
            f"{service.process.pid} owns all: {owner_pid(deployment)}\n{service.log_tail(8)}"
        ),
    )


def put_to_sleep_in_a_transaction(deployment: Deployment) -> tuple[Service, int]:
    """Return an instance that sleeps with its transaction open, and its server process."""
    archive = deployment.archive(DATABASE_STATEMENT_TIMEOUT_SECONDS="5")
    deployment.publish(as_messages(vectors(500)))
    deployment.wait_until_stored()
    with locked_offsets(deployment.database_url):
        deployment.publish(as_messages(vectors(500, first=1_000)))
        wait_until(
            lambda: fetch_value(deployment.database_url, WAITING) is not None,
            timeout_s=10,
            what="a batch that waits",
        )
        server_pid = int(fetch_value(deployment.database_url, WAITING))
        archive.send(signal.SIGSTOP)
    return archive, server_pid


def test_instance_that_slept_is_fenced(deployment: Deployment) -> None:
    """Another takes over; the sleeper wakes with a batch in hand, finds out, and stores nothing."""
    sleeper, server_pid = put_to_sleep_in_a_transaction(deployment)
    fetch(deployment.database_url, "SELECT pg_terminate_backend($1)", server_pid)
    heir = deployment.archive()
    wait_for_owner(deployment, heir)
    deployment.wait_until_stored()
    sleeper.send(signal.SIGCONT)
    sleeper.wait_for_event("fenced")
    deployment.publish(as_messages(vectors(1_000, first=2_000)))
    deployment.wait_until_stored()
    assert sleeper.stop() == 0, sleeper.log_tail()
    assert heir.stop() == 0
    account = deployment.check()
    assert (account.rows, account.repeated) == (2_000, 0)


def test_instance_that_sleeps_in_a_transaction_does_not_block_the_next(
    deployment: Deployment,
) -> None:
    """Its locks end with its statement timeout, not when it wakes, which may be never."""
    sleeper, _ = put_to_sleep_in_a_transaction(deployment)
    heir = deployment.archive(DATABASE_STATEMENT_TIMEOUT_SECONDS="5")
    wait_for_owner(deployment, heir)
    deployment.wait_until_stored()
    sleeper.send(signal.SIGCONT)
    deployment.publish(as_messages(vectors(1_000, first=2_000)))
    deployment.wait_until_stored()
    assert sleeper.stop() == 0, sleeper.log_tail()
    account = deployment.check()
    assert (account.rows, account.repeated) == (2_000, 0)


def test_instance_that_sleeps_in_a_copy_does_not_block_the_next(deployment: Deployment) -> None:
    """No timeout of the server ends a COPY that waits for its client, so the next owner does."""
    deployment.publish(as_messages(vectors(1_000)))
    first = deployment.archive()
    deployment.wait_until_stored()
    assert first.stop() == 0
    with asleep_in_a_copy(deployment.database_url):
        deployment.publish(as_messages(vectors(1_000, first=2_000)))
        heir = deployment.archive(DATABASE_STATEMENT_TIMEOUT_SECONDS="5")
        wait_for_owner(deployment, heir)
        deployment.wait_until_stored()
    account = deployment.check()
    assert (account.rows, account.repeated) == (2_000, 0)


def test_instance_that_slept_anywhere_harms_nothing(deployment: Deployment) -> None:
    """Put to sleep in the middle of a long catch-up, it wakes after another has finished it."""
    deployment.publish(as_messages(vectors(30_000, aircraft=2_000)))
    sleeper = deployment.archive(
        ARCHIVE_MAX_BATCH_MESSAGES="300", DATABASE_STATEMENT_TIMEOUT_SECONDS="5"
    )
    wait_until(
        lambda: bool(fetch_value(deployment.database_url, "SELECT count(*) FROM ingest_ledger")),
        timeout_s=20,
        what="the first batch",
    )
    time.sleep(random.Random(fault_seed(1)).uniform(0, 0.3))
    sleeper.send(signal.SIGSTOP)
    heir = deployment.archive(DATABASE_STATEMENT_TIMEOUT_SECONDS="5")
    wait_for_owner(deployment, heir)
    deployment.wait_until_stored(timeout_s=60)
    sleeper.send(signal.SIGCONT)
    deployment.publish(as_messages(vectors(1_000, first=50_000)))
    deployment.wait_until_stored()
    assert sleeper.stop() == 0, sleeper.log_tail()
    account = deployment.check()
    assert (account.rows, account.repeated) == (31_000, 0)


def test_partitions_lost_while_reading_is_paused_are_read_when_they_return(
    deployment: Deployment,
) -> None:
    """Another instance takes them while the database hangs, and gives them back when it stops."""
    archive = deployment.archive(ARCHIVE_PAUSE_AFTER_SECONDS="1")
    deployment.publish(as_messages(vectors(500)))
    deployment.wait_until_stored()
    with locked_offsets(deployment.database_url):
        deployment.publish(as_messages(vectors(500, first=1_000)))
        time.sleep(1)  # this batch waits for the database, the next one for this batch
        deployment.publish(as_messages(vectors(500, first=2_000)))
        archive.wait_for_event("paused_for_database")
        guest = deployment.archive()
        archive.wait_for_event("revoked")
    archive.wait_for_event("reading_resumed")
    deployment.wait_until_stored()
    assert guest.stop() == 0
    wait_for_owner(deployment, archive)
    deployment.publish(as_messages(vectors(500, first=3_000)))
    deployment.wait_until_stored()
    assert archive.stop() == 0
    account = deployment.check()
    assert (account.rows, account.repeated) == (2_000, 0)
