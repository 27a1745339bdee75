"""The promises of every database: one suite on embedded PostgreSQL and real TimescaleDB."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Protocol

import asyncpg
import pytest

from standalone.database import EmbeddedDatabase
from testkit import databases
from testkit.processes import children_of, send_kill, wait_until_gone
from testkit.timescale import Timescale


class Server(Protocol):
    """The operations of a server that the suite needs."""

    def start(self) -> None:
        """Start it on its data."""

    def stop(self) -> None:
        """Stop it in an orderly way."""

    def kill(self) -> None:
        """Kill it."""

    @property
    def dsn(self) -> str:
        """The address of its own database."""


class EmbeddedServer(EmbeddedDatabase):
    """The embedded database with the words of `Server`."""

    @property
    def dsn(self) -> str:
        """Give the address under the name that the real server has for it."""
        return self.url

    def kill(self) -> None:
        """End the server and its children with SIGKILL."""
        pid = self.pid
        assert pid is not None
        pids = [pid, *children_of(pid)]
        send_kill(*pids)
        wait_until_gone(*pids)


@pytest.fixture(
    scope="module", params=["embedded", pytest.param("timescale", marks=pytest.mark.real_database)]
)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Give each kind of server, started."""
    if request.param == "timescale":
        timescale: Timescale = request.getfixturevalue("timescale")
        yield timescale
        return
    with tempfile.TemporaryDirectory(prefix="embedded-") as folder:
        Path(folder).chmod(0o755)
        with EmbeddedServer(Path(folder)) as embedded:
            yield embedded


@pytest.fixture
def dsn(server: Server) -> Iterator[str]:
    """Give the address of an empty database."""
    server.start()
    dsn = databases.create_database(server.dsn)
    yield dsn
    databases.drop_database(server.dsn, dsn)


@pytest.fixture
async def connection(dsn: str) -> AsyncIterator[asyncpg.Connection]:
    """Give a connection with two tables like the archive's."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        """
        CREATE TABLE state_vectors
            (icao24 text, last_contact bigint, UNIQUE (icao24, last_contact));
        CREATE TABLE ingest_offsets (partition int PRIMARY KEY, next_offset bigint NOT NULL);
        INSERT INTO ingest_offsets VALUES (0, 0), (1, 0);
        """
    )
    yield connection
    await connection.close()


async def count(dsn: str) -> int:
    """Count the stored rows over a connection of its own."""
    connection = await asyncpg.connect(dsn)
    try:
        number: int = await connection.fetchval("SELECT count(*) FROM state_vectors")
    finally:
        await connection.close()
    return number


async def store(connection: asyncpg.Connection, rows: list[tuple[str, int]]) -> int:
    """Store a batch as the archive does, and give how many rows were new."""
    async with connection.transaction():
        await connection.execute("CREATE TEMPORARY TABLE batch (LIKE state_vectors) ON COMMIT DROP")
        await connection.copy_records_to_table("batch", records=rows)
        status = await connection.execute(
            "INSERT INTO state_vectors SELECT * FROM batch ORDER BY 1, 2 ON CONFLICT DO NOTHING"
        )
    return int(status.rpartition(" ")[2])


async def test_copied_batch_is_stored_once(connection: asyncpg.Connection) -> None:
    """Repeating a batch changes nothing, and reports no new rows."""
    rows = [(f"{n:06x}", n) for n in range(5_000)]
    assert await store(connection, rows) == 5_000
    assert await store(connection, [*rows, ("ffffff", 1)]) == 1
    assert await connection.fetchval("SELECT count(*) FROM state_vectors") == 5_001


async def test_temporary_table_is_private_and_ends_with_its_transaction(
    connection: asyncpg.Connection, dsn: str
) -> None:
    """Two writers use the same name at the same time."""
    other = await asyncpg.connect(dsn)
    counts = await asyncio.gather(
        store(connection, [("4b1814", 1)]), store(other, [("4b1814", 2), ("3c6444", 2)])
    )
    assert sum(counts) == 3
    assert await connection.fetchval("SELECT to_regclass('batch')") is None
    await other.close()


async def advance(connection: asyncpg.Connection, partition: int, low: int, high: int) -> int:
    """Compare and set an offset, and give the number of rows it held for."""
    status = await connection.execute(
        "UPDATE ingest_offsets SET next_offset = $3 WHERE partition = $1 AND next_offset = $2",
        *(partition, low, high),
    )
    return int(status.rpartition(" ")[2])


async def test_second_of_two_compare_and_sets_waits_and_finds_nothing(
    connection: asyncpg.Connection, dsn: str
) -> None:
    """Exactly one of two writers at one stored offset succeeds, as the protocol needs."""
    other = await asyncpg.connect(dsn)
    async with connection.transaction():
        assert await advance(connection, 0, 0, 100) == 1
        second = asyncio.create_task(advance(other, 0, 0, 200))
        done, _ = await asyncio.wait([second], timeout=0.2)
        assert not done
        assert await advance(connection, 1, 0, 50) == 1
    assert await second == 0
    assert (
        await connection.fetchval("SELECT next_offset FROM ingest_offsets WHERE partition = 0")
        == 100
    )
    await other.close()


async def test_second_compare_and_set_goes_on_after_a_rollback(
    connection: asyncpg.Connection, dsn: str
) -> None:
    """After a writer has failed the other one can store."""
    other = await asyncpg.connect(dsn)
    transaction = connection.transaction()
    await transaction.start()
    assert await advance(connection, 0, 0, 100) == 1
    second = asyncio.create_task(advance(other, 0, 0, 200))
    await transaction.rollback()
    assert await second == 1
    await other.close()


async def test_advisory_lock_is_held_by_one_session_and_ends_with_it(
    connection: asyncpg.Connection, dsn: str
) -> None:
    """One instance at a time does the maintenance; a dead one does not keep the lock."""
    holder = await asyncpg.connect(dsn)
    assert await holder.fetchval("SELECT pg_try_advisory_lock(42)") is True
    assert await connection.fetchval("SELECT pg_try_advisory_lock(42)") is False
    await holder.close()
    async with asyncio.timeout(5):
        await connection.fetchval("SELECT pg_advisory_lock(42)")


async def test_data_survive_stop_and_start(
    server: Server, connection: asyncpg.Connection, dsn: str
) -> None:
    """An orderly restart, at the same address."""
    await store(connection, [("4b1814", 1)])
    server.stop()
    server.start()
    assert await count(dsn) == 1


async def test_committed_rows_survive_a_kill_and_others_do_not(
    server: Server, connection: asyncpg.Connection, dsn: str
) -> None:
    """An answered COMMIT is on disk; what was not committed never was."""
    await store(connection, [(f"{n:06x}", 1) for n in range(1_000)])
    await connection.execute("BEGIN; INSERT INTO state_vectors VALUES ('ffffff', 1)")
    server.kill()
    server.start()
    assert await count(dsn) == 1_000


async def test_server_listens_on_loopback_only_and_waits_for_the_disk(
    connection: asyncpg.Connection,
) -> None:
    """It cannot be reached from the network, and COMMIT means stored."""
    assert await connection.fetchval("SHOW listen_addresses") == "127.0.0.1"
    assert await connection.fetchval("SHOW synchronous_commit") == "on"
    assert await connection.fetchval("SHOW fsync") == "on"


async def test_times_and_text_do_not_depend_on_the_machine(connection: asyncpg.Connection) -> None:
    """UTC and UTF-8, whatever the locale of the machine."""
    assert await connection.fetchval("SHOW timezone") == "UTC"
    assert await connection.fetchval("SHOW server_encoding") == "UTF8"
    assert await connection.fetchval("SELECT upper('Zürich')") == "ZÜRICH"
