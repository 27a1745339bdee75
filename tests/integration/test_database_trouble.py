"""A real server in trouble: what an operator can cure is named and waited for."""

import asyncio
import datetime as dt
import os
import secrets
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from processor.archive.database import Connection, Database
from processor.errors import FatalError, SchemaError
from processor.history.database import HistoryDatabase
from processor.history.errors import RetryLaterError
from processor.schema import REVISIONS
from standalone.database_folder import server_user
from testkit import databases
from testkit.fault_record import record_faults
from testkit.migration import migrate
from testkit.queries import fetch, fetch_value
from testkit.server import HOST
from testkit.services import run_module
from testkit.small_disk import SmallDisk, small_disk
from testkit.timescale import Timescale
from testkit.waiting import wait_until

pytestmark = pytest.mark.real_database


def open_database(url: str, *, statement_timeout_seconds: int = 5) -> Database:
    """Return the archive's way to a database."""
    return Database(
        url=url,
        application_name="test",
        connect_timeout_seconds=5,
        statement_timeout_seconds=statement_timeout_seconds,
    )


async def wait_for_trouble(database: Database, words: str) -> None:
    """Wait until the database says what is wrong."""
    await asyncio.to_thread(
        wait_until,
        lambda: words in str(database.trouble),
        timeout_s=30,
        what=lambda: f"{words!r} in {database.trouble!r}",
    )


async def cured(
    database: Database,
    operation: Callable[[Connection], "asyncio.Future[object]"],
    words: str,
    cure: Callable[[], None],
) -> None:
    """Run an operation that fails, see why it waits, cure it, and see it succeed."""
    record_faults()
    with capture_logs() as lines:
        running = asyncio.ensure_future(database.run(operation))
        await wait_for_trouble(database, words)
        assert not running.done()
        await asyncio.to_thread(cure)
        async with asyncio.timeout(40):
            await running
    assert database.trouble is None
    named = [line for line in lines if line["event"] == "database_does_not_answer"]
    assert any(words in line["reason"] for line in named)
    assert lines[-1]["event"] == "database_answers"


@pytest.fixture
def role(timescale: Timescale, database_url: str) -> Iterator[str]:
    """Give the name of a role that can log in to the test's database and has no right in it."""
    name = f"role_{secrets.token_hex(6)}"
    databases.execute(timescale.dsn, f"CREATE ROLE {name} LOGIN")
    yield name
    databases.execute(database_url, f"DROP OWNED BY {name}")
    databases.execute(timescale.dsn, f"DROP ROLE {name}")


@pytest.fixture
def role_url(role: str, database_url: str) -> str:
    """Give the address of the test's database for that role."""
    port = urlsplit(database_url).port
    return urlsplit(database_url)._replace(netloc=f"{role}@{HOST}:{port}").geturl()


@pytest.fixture
async def database(role_url: str) -> AsyncIterator[Database]:
    """Give the archive's way to the database, as that role."""
    database = open_database(role_url)
    yield database
    await database.close()


def count_offsets(connection: Connection) -> "asyncio.Future[object]":
    """Ask for what the role has no right to."""
    return asyncio.ensure_future(connection.fetchval("SELECT count(*) FROM ingest_offsets"))


async def test_role_without_rights_waits_for_them(
    database: Database, database_url: str, role: str
) -> None:
    """No traceback, no end: the right is granted, and storing goes on."""
    await asyncio.to_thread(migrate, database_url)

    def grant() -> None:
        databases.execute(database_url, f"GRANT SELECT ON ingest_offsets TO {role}")

    await cured(database, count_offsets, "lacks a right", grant)


async def test_role_that_may_not_use_the_schema_waits_for_it(
    database: Database, database_url: str, role: str
) -> None:
    """Its tables look as if they were missing, which they are not."""
    await asyncio.to_thread(migrate, database_url)
    for statement in (
        f"GRANT SELECT ON ingest_offsets TO {role}",
        "REVOKE USAGE ON SCHEMA public FROM PUBLIC",
    ):
        databases.execute(database_url, statement)

    def grant() -> None:
        databases.execute(database_url, f"GRANT USAGE ON SCHEMA public TO {role}")

    await cured(database, count_offsets, "lacks a right", grant)


async def test_login_that_is_revoked_is_waited_for(
    database: Database, database_url: str, role: str
) -> None:
    """As while a password is rotated: also of a session that was there before."""
    await asyncio.to_thread(migrate, database_url)
    databases.execute(database_url, f"GRANT SELECT ON ingest_offsets TO {role}")
    await database.run(count_offsets)
    databases.execute(database_url, f"ALTER ROLE {role} NOLOGIN")
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1"
    fetch_value(database_url, ended, role)

    def let_in() -> None:
        databases.execute(database_url, f"ALTER ROLE {role} LOGIN")

    await cured(database, count_offsets, "refuses the login", let_in)


async def test_history_answers_with_a_sentence(role_url: str, database_url: str, role: str) -> None:
    """503 for the client, without the server's own words; no traceback."""
    history = HistoryDatabase(
        url=role_url, max_connections=2, connect_timeout_seconds=5, statement_timeout_seconds=5
    )

    async def count() -> None:
        async with history.reading() as connection:
            await connection.fetchval("SELECT count(*) FROM ingest_offsets")

    with pytest.raises(RetryLaterError, match="alembic upgrade head"):
        await count()
    await asyncio.to_thread(migrate, database_url)
    with pytest.raises(RetryLaterError, match="lacks a right") as refused:
        await count()
    assert "ingest_offsets" not in str(refused.value)
    databases.execute(database_url, f"GRANT SELECT ON ingest_offsets TO {role}")
    await count()
    await history.close()


def run_all(url: str, folder: Path) -> list["subprocess.CompletedProcess[str]"]:
    """Run everything that ends by itself when the database cannot be used."""
    environment = {"DATABASE_URL": url, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "HTTP_PORT": "0"}
    return [
        run_module(arguments, folder=folder, environment=environment)
        for arguments in (
            ["processor", "audit"],
            ["processor", "rebuild"],
            ["processor", "reset-offsets"],
            ["processor", "--role", "archive"],
        )
    ]


def test_commands_of_a_role_without_rights_end_in_a_sentence(
    role_url: str, database_url: str, tmp_path: Path
) -> None:
    """Not in a traceback of a hundred lines; the migrations likewise."""
    environment = {"DATABASE_URL": role_url}
    migrate(database_url)
    for command in ("audit", "rebuild", "reset-offsets"):
        done = run_module(["processor", command], folder=tmp_path, environment=environment)
        printed = done.stdout + done.stderr
        assert done.returncode == 1
        assert "lacks a right" in printed
        assert "Traceback" not in printed
    with pytest.raises(RuntimeError, match="lacks a right") as failed:
        migrate(role_url, "downgrade", "base")
    assert "Traceback" not in str(failed.value)


@pytest.mark.parametrize(
    ("revision", "sentence"),
    [("9999", "newer version"), (REVISIONS[-2], "alembic upgrade head"), (None, "alembic upgrade")],
)
def test_schema_of_another_version_is_refused_at_start(
    database_url: str, tmp_path: Path, revision: str | None, sentence: str
) -> None:
    """Newer, older and missing: one sentence each, with the remedy."""
    if revision is not None:
        migrate(database_url)
        fetch(database_url, "UPDATE alembic_version SET version_num = $1", revision)
    for done in run_all(database_url, tmp_path):
        printed = done.stdout + done.stderr
        assert done.returncode == 1
        assert sentence in printed
        assert "Traceback" not in printed


def test_migrations_refuse_a_newer_schema_and_say_what_they_did(database_url: str) -> None:
    """A line for each revision, and the edition that was found."""
    printed = migrate(database_url).splitlines()
    made = [line.split()[1] for line in printed if line.startswith("applied: ")]
    assert made == list(REVISIONS)
    assert "TimescaleDB" in printed[-1]
    assert "(Apache 2)" in printed[-1]
    assert REVISIONS[-1] in printed[-1]
    databases.execute(database_url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(RuntimeError, match="a newer version made them") as failed:
        migrate(database_url)
    assert "Traceback" not in str(failed.value)


async def test_value_that_never_fits_is_not_retried_for_ever(database_url: str) -> None:
    """The server's refusal of a value, and the driver's."""
    await asyncio.to_thread(migrate, database_url)
    database = open_database(database_url)
    with pytest.raises(FatalError, match="22012"):
        await database.run(lambda connection: connection.fetchval("SELECT 1 / 0"))
    with pytest.raises(FatalError, match="refuses a value"):
        await database.run(lambda connection: connection.fetchval("SELECT $1::int", "many"))
    with pytest.raises(SchemaError, match="alembic upgrade head"):
        await database.run(lambda connection: connection.fetchval("SELECT gone FROM dead_letters"))
    await database.close()


async def test_connection_whose_operation_failed_is_closed(migrated_url: str) -> None:
    """Its transaction ends with it: left open, it would keep its locks until the server's limit."""
    database = open_database(migrated_url, statement_timeout_seconds=60)
    taken: list[Connection] = []

    async def fail(connection: Connection) -> None:
        taken.append(connection)  # or the garbage collector might close it
        await connection.execute("BEGIN; LOCK TABLE ingest_offsets")
        raise ValueError("the operation failed")

    with pytest.raises(ValueError, match="the operation failed"):
        await database.run(fail)
    held = "SELECT count(*) FROM pg_locks WHERE relation = 'ingest_offsets'::regclass"
    await asyncio.to_thread(
        wait_until,
        lambda: not fetch_value(migrated_url, held),
        timeout_s=10,
        what="the end of its locks",
    )
    await database.close()


async def test_clock_of_the_server_is_known(database_url: str) -> None:
    """To a second on this machine, whatever the host's own clock says."""
    await asyncio.to_thread(migrate, database_url)
    database = Database(
        url=database_url,
        application_name="test",
        connect_timeout_seconds=5,
        statement_timeout_seconds=5,
        host_clock=lambda: 0.0,
    )
    assert database.server_now() is None
    await database.run(lambda connection: connection.execute("SELECT 1"))
    now, offset = database.server_now(), database.clock_offset_seconds()
    assert now is not None
    assert offset is not None
    assert abs(now - dt.datetime.now(dt.UTC).timestamp()) < 2
    assert offset < -1e9
    await database.close()


@pytest.fixture
def disk(server_folder: Path) -> Iterator[SmallDisk]:
    """Give a small disk that the server may write to."""
    with small_disk(server_folder / "disk") as disk:
        user = server_user()
        os.chown(disk.folder, user.uid, user.gid)
        yield disk


async def test_full_disk_is_waited_for(timescale: Timescale, disk: SmallDisk) -> None:
    """The session that fills it waits, and so do sessions that begin while it is full."""
    timescale.start()
    suffix = secrets.token_hex(6)
    name, url = f"small_{suffix}", timescale.dsn.rpartition("/")[0] + f"/test_{suffix}"
    databases.execute(timescale.dsn, f"CREATE TABLESPACE {name} LOCATION '{disk.folder}'")
    databases.execute(
        timescale.dsn, f"CREATE DATABASE test_{suffix} TEMPLATE template0 TABLESPACE {name}"
    )
    await asyncio.to_thread(migrate, url)
    databases.execute(url, "CREATE TABLE numbers (number text)")
    database = open_database(url)

    def insert(connection: Connection) -> "asyncio.Future[object]":
        statement = "INSERT INTO numbers SELECT repeat('x', 900) FROM generate_series(1, 2000)"
        return asyncio.ensure_future(connection.execute(statement))

    disk.fill()
    await cured(database, insert, "disk", disk.relieve)
    await database.close()
    timescale.drop_database(url)
    databases.execute(timescale.dsn, f"DROP TABLESPACE {name}")


def test_deadline_below_what_a_batch_takes_is_refused_at_start(tmp_path: Path) -> None:
    """A thousandth of a second would end every statement, and a ten-thousandth none."""
    environment = {"DATABASE_STATEMENT_TIMEOUT_SECONDS": "0.001"}
    done = run_module(["processor", "audit"], folder=tmp_path, environment=environment)
    assert done.returncode == 2
    assert "database.statement_timeout_seconds: '0.001' cannot be used" in done.stderr
    assert "greater than or equal to 1" in done.stderr
