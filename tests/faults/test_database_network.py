"""A network that swallows what is sent: deadlines fire, and what arrives late does no harm."""

import asyncio
import random
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from processor.archive.database import Connection, Database
from testkit.deployment import Deployment
from testkit.fault_seed import fault_seed
from testkit.migration import create_migrated_database
from testkit.producer import as_messages, vectors
from testkit.tcp_proxy import TcpProxy
from testkit.timescale import Timescale

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database, pytest.mark.timeout(120)]

STALL_S = 7.0
"""Longer than two statement timeouts, after which the archive gives a connection up."""


@pytest.fixture
def proxy(deployment: Deployment) -> Iterator[TcpProxy]:
    """Give a way to the stage's database."""
    with TcpProxy(deployment.timescale.port) as proxy:
        yield proxy


def short_deadlines(deployment: Deployment, proxy: TcpProxy) -> dict[str, str]:
    """Return the settings of an instance that goes by way of the proxy and is impatient."""
    user = urlsplit(deployment.database_url).username
    way = urlsplit(deployment.database_url)._replace(netloc=f"{user}@127.0.0.1:{proxy.port}")
    return {
        "DATABASE_URL": way.geturl(),
        "DATABASE_STATEMENT_TIMEOUT_SECONDS": "2",
        "DATABASE_CONNECT_TIMEOUT_SECONDS": "2",
        "ARCHIVE_PAUSE_AFTER_SECONDS": "1",
    }


@pytest.fixture(scope="module")
def migrated_url(timescale: Timescale) -> Iterator[str]:
    """Give the address of a migrated database, without a log."""
    timescale.start()
    dsn = create_migrated_database(timescale.dsn)
    yield dsn
    timescale.start()
    timescale.drop_database(dsn)


@pytest.mark.parametrize(
    "direction",
    [
        "both",
        pytest.param("requests", marks=pytest.mark.nightly),
        pytest.param("answers", marks=pytest.mark.nightly),
    ],
)
def test_stalled_connection_is_given_up(
    deployment: Deployment, proxy: TcpProxy, direction: str
) -> None:
    """Held back for long and then let through, requests and answers change nothing twice."""
    archive = deployment.archive(**short_deadlines(deployment, proxy))
    deployment.publish(as_messages(vectors(1_000)))
    deployment.wait_until_stored()
    proxy.stall(requests=direction != "answers", answers=direction != "requests")
    deployment.publish(as_messages(vectors(1_000, first=5_000)))
    time.sleep(STALL_S)
    assert archive.is_running
    proxy.restore()
    deployment.wait_until_stored()
    assert archive.events("database_does_not_answer")
    assert archive.stop() == 0
    account = deployment.check()
    assert (account.rows, account.repeated) == (2_000, 0)


def test_connection_that_breaks_anywhere(deployment: Deployment, proxy: TcpProxy) -> None:
    """Cut after any number of bytes, again and again, everything is stored once."""
    chance = random.Random(fault_seed(7))
    archive = deployment.archive(
        **short_deadlines(deployment, proxy), ARCHIVE_MAX_BATCH_MESSAGES="500"
    )
    deployment.publish(as_messages(vectors(20_000, aircraft=2_000)))
    for _ in range(20):
        proxy.reset_after(chance.randrange(1, 200_000))
        time.sleep(chance.uniform(0.05, 0.4))
        proxy.restore()
    deployment.wait_until_stored()
    assert archive.stop() == 0
    account = deployment.check()
    assert (account.rows, account.repeated) == (20_000, 0)


BROKEN = [
    asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress"),
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
    asyncpg.IdleInTransactionSessionTimeoutError("terminating connection"),
    asyncpg.AdminShutdownError("terminating connection due to administrator command"),
    asyncpg.CrashShutdownError("the database system is in recovery mode"),
    asyncpg.DeadlockDetectedError("deadlock detected"),
    ConnectionResetError("reset by peer"),
]


@pytest.mark.parametrize("error", BROKEN, ids=lambda error: type(error).__name__)
async def test_whatever_the_driver_calls_a_broken_connection_is_tried_again(
    migrated_url: str, error: Exception
) -> None:
    """A server that dies in the middle of a batch shows itself in many ways; all of them pass."""
    database = Database(
        url=migrated_url,
        application_name="test",
        connect_timeout_seconds=5,
        statement_timeout_seconds=5,
    )
    errors = [error]

    async def answer(connection: Connection) -> int:
        if errors:
            raise errors.pop()
        return int(await connection.fetchval("SELECT 42"))

    assert await database.run(answer) == 42
    await database.close()


async def test_silent_connection_is_given_up_in_a_transaction(
    timescale: Timescale, migrated_url: str
) -> None:
    """The deadline fires although the server answers neither the COPY nor the ROLLBACK after it."""
    with TcpProxy(timescale.port) as proxy:
        way = migrated_url.replace(f":{timescale.port}/", f":{proxy.port}/")
        database = Database(
            url=way,
            application_name="test",
            connect_timeout_seconds=1,
            statement_timeout_seconds=1,
        )

        async def copy(connection: Connection) -> None:
            await connection.execute("CREATE TEMPORARY TABLE numbers (number int)")
            async with connection.transaction():
                await asyncio.to_thread(proxy.stall)
                await connection.copy_records_to_table("numbers", records=[(1,)])

        assert await database.run(lambda connection: connection.fetchval("SELECT 42")) == 42
        copying = asyncio.create_task(database.run(copy))
        await asyncio.sleep(6)
        is_given_up = not database.is_reachable
        await asyncio.to_thread(proxy.restore)
        copying.cancel()
        await asyncio.wait([copying])
        await database.close()
    assert is_given_up
