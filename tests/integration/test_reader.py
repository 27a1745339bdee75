"""The role flights_reader: what it may read, and how migrations create and drop it."""

import asyncio
import datetime as dt
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from standalone.database import EmbeddedDatabase
from standalone.database_folder import server_user
from standalone.database_programs import programs_dir
from testkit import databases
from testkit.databases import execute
from testkit.invented_day import Leg
from testkit.migration import TIMEOUT_S, migrate, start_migration
from testkit.queries import fetch, fetch_value
from testkit.reader import reader_of
from testkit.services import ROOT
from testkit.state_vectors import state_vector
from testkit.stored_day import store
from testkit.timescale import Timescale

REFUSED = asyncpg.InsufficientPrivilegeError
READABLE = {
    "state_vectors",
    "minutely_state_vectors",
    "latest_state_vectors",
    "flights",
    "tracks",
    "emergencies",
    "hourly_traffic",
    "aircraft",
    "airlines",
    "aircraft_identities",
    "identified_flights",
    "airports",
}
FILLED = {"airports"}
"""Tables that the migrations fill."""

SETTINGS = {
    "default_transaction_read_only": "on",
    "statement_timeout": "30s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "1min",
    "work_mem": "32MB",
    "temp_file_limit": "4GB",
    "TimeZone": "UTC",
}
WRITES = (
    "INSERT INTO state_vectors (icao24) VALUES ('4b1814')",
    "UPDATE state_vectors SET callsign = 'SWR7EA'",
    "DELETE FROM minutely_state_vectors",
    "TRUNCATE stored_state_vectors",
    "DROP VIEW tracks",
    "CREATE TABLE mine (id int)",
    "CREATE TEMPORARY TABLE mine (id int)",
    "SELECT drop_state_vectors_before('2100-01-01Z')",
    "UPDATE ingest_offsets SET next_offset = 0",
)
LATER_MOMENT = int(dt.datetime(2099, 3, 4, 12, tzinfo=dt.UTC).timestamp())
ROLE_EXISTS = "SELECT to_regrole('flights_reader') IS NOT NULL"


@pytest.fixture(
    scope="module", params=["embedded", pytest.param("timescale", marks=pytest.mark.real_database)]
)
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the address of each kind of server; each is new, since a role belongs to a server."""
    if request.param == "timescale":
        with Timescale() as timescale:
            yield timescale.dsn
        return
    with tempfile.TemporaryDirectory(prefix="embedded-") as folder:
        Path(folder).chmod(0o755)
        with EmbeddedDatabase(Path(folder)) as embedded:
            yield embedded.url


@pytest.fixture
def dsn(server: str) -> Iterator[str]:
    """Give the address of a migrated database, the only one: a copied one would use the role."""
    dsn = databases.create_database(server)
    migrate(dsn)
    yield dsn
    databases.drop_database(server, dsn)


@pytest.fixture
def reader(dsn: str) -> Iterator[str]:
    """Return the address with which the reader connects to it."""
    with reader_of(dsn) as reader:
        yield reader


def with_user(dsn: str, user: str, password: str) -> str:
    """Return the address for another user."""
    parts = urlsplit(dsn)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{user}:{password}@{host}").geturl()


def relations(dsn: str) -> set[str]:
    """Return the names of all tables and views, partitions included."""
    rows = fetch(
        dsn,
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'p', 'v')",
    )
    return {row[0] for row in rows}


def count(dsn: str, name: str) -> int:
    """Count the rows of a table or view."""
    return int(fetch_value(dsn, f"SELECT count(*) FROM {name}"))  # noqa: S608 - a constant


def has_privilege(dsn: str, role: str, privilege: str) -> bool:
    """Whether a role has a privilege on the database."""
    statement = "SELECT has_database_privilege($1, current_database(), $2)"
    return bool(fetch_value(dsn, statement, role, privilege))


def test_reads_the_public_tables_and_no_others(dsn: str, reader: str) -> None:
    """Each table and view of the schema is either readable or refused."""
    others = relations(dsn) - READABLE
    assert {"ingest_offsets", "ingest_ledger", "dead_letters", "flight_legs"} <= others
    for name in READABLE:
        assert count(reader, name) == (count(dsn, name) if name in FILLED else 0)
    for name in others:
        with pytest.raises(REFUSED):
            count(reader, name)


def test_writes_nothing_even_without_its_settings(dsn: str, reader: str) -> None:
    """Read-only transactions prevent accidents; missing privileges prevent the rest."""
    execute(dsn, "SELECT make_partitions(ARRAY['2099-03-04']::date[])")
    for statement in WRITES:
        with pytest.raises((asyncpg.ReadOnlySQLTransactionError, REFUSED)):
            execute(reader, statement)
        with pytest.raises(REFUSED):
            execute(f"{reader}?default_transaction_read_only=off", statement)


JOBS = (
    "SELECT add_job('pg_sleep', INTERVAL '1 second')",
    "SELECT alter_job(1, scheduled => TRUE)",
    "SELECT delete_job(1)",
    "CALL run_job(1)",
    "SELECT add_retention_policy('stored_state_vectors', INTERVAL '1 day')",
)
MAY_MAKE_JOBS = """
SELECT has_function_privilege($1, oid, 'EXECUTE') FROM pg_proc WHERE proname = 'add_job'
"""


def test_makes_no_background_jobs(dsn: str, reader: str) -> None:
    """Every role may by default, and could fill the scheduler; the owner of the tables may."""
    execute(dsn, "CREATE ROLE another_owner")
    try:
        if fetch(dsn, MAY_MAKE_JOBS, "public") == []:
            return  # without TimescaleDB there are none
        for statement in JOBS:
            with pytest.raises(REFUSED):
                execute(f"{reader}?default_transaction_read_only=off", statement)
        assert fetch(dsn, MAY_MAKE_JOBS, "public") == [(False,)]
        execute(dsn, "ALTER TABLE state_vectors OWNER TO another_owner")
        run_reader_file(dsn)
        assert fetch(dsn, MAY_MAKE_JOBS, "another_owner") == [(True,)]
    finally:
        execute(dsn, "DROP OWNED BY another_owner CASCADE")
        execute(dsn, "DROP ROLE another_owner")


def test_has_its_settings(reader: str) -> None:
    """The role itself logs in, so its settings apply; those of a group would not."""
    found = fetch(reader, "SELECT name, current_setting(name) FROM pg_settings")
    assert {name: value for name, value in found if name in SETTINGS} == SETTINGS


def test_operators_timeout_cancels_long_statements(dsn: str, reader: str) -> None:
    """The operator's own timeout applies, and later migrations keep it."""
    execute(dsn, "ALTER ROLE flights_reader SET statement_timeout = '300ms'")
    try:
        migrate(dsn, "downgrade", "0002")
        migrate(dsn)
        with pytest.raises(asyncpg.QueryCanceledError):
            fetch(reader, "SELECT count(*), pg_sleep(10) FROM state_vectors")
    finally:
        execute(dsn, "ALTER ROLE flights_reader SET statement_timeout = '30s'")


def test_reads_parts_that_are_made_later(dsn: str, reader: str) -> None:
    """Partitions and chunks of later days are read through their tables."""
    vectors = [state_vector("4b1814", LATER_MOMENT + age, squawk="7700") for age in (0, 5)]
    asyncio.run(store(dsn, [Leg(vectors)]))
    expected = dict.fromkeys(READABLE, 1) | {"state_vectors": 2, "tracks": 2}
    reference = ("aircraft", "airlines", "aircraft_identities", "airports")
    expected |= {name: count(dsn, name) for name in reference}
    assert {name: count(reader, name) for name in READABLE} == expected


def test_two_databases_share_it_until_the_last_downgrade(server: str, dsn: str) -> None:
    """A role belongs to the server: the downgrade of one database leaves it to the other."""
    other = databases.create_database(server)
    migrate(other)
    migrate(dsn, "downgrade", "0002")
    assert fetch_value(dsn, ROLE_EXISTS) is True
    with reader_of(other) as reader:
        assert count(reader, "tracks") == 0
    with reader_of(dsn) as reader, pytest.raises(REFUSED):
        count(reader, "state_vectors")
    migrate(other, "downgrade", "base")
    assert fetch_value(dsn, ROLE_EXISTS) is False
    databases.drop_database(server, other)
    migrate(dsn)
    assert fetch_value(dsn, ROLE_EXISTS) is True


def test_two_databases_migrate_at_once(server: str) -> None:
    """Both use the role, no matter which of them created it."""
    dsns = [databases.create_database(server) for _ in range(2)]
    execute(server, "DROP ROLE IF EXISTS flights_reader")
    migrators = [start_migration(dsn) for dsn in dsns]
    printed = [migrator.communicate(timeout=TIMEOUT_S)[0] for migrator in migrators]
    assert [migrator.returncode for migrator in migrators] == [0, 0], printed
    for dsn in dsns:
        with reader_of(dsn) as reader:
            assert count(reader, "tracks") == 0
        databases.drop_database(server, dsn)


def test_operators_password_outlives_a_downgrade(dsn: str, reader: str) -> None:
    """After the next upgrade the reader logs in with the password that the operator set."""
    migrate(dsn, "downgrade", "0002")
    with pytest.raises(REFUSED):
        count(reader, "state_vectors")
    migrate(dsn)
    assert count(reader, "flights") == 0


def test_owner_without_the_right_to_create_roles_migrates(server: str) -> None:
    """The migration reports what is missing, and the file that it names adds it later."""
    execute(server, "DROP ROLE IF EXISTS flights_reader")
    execute(server, "CREATE ROLE plain_owner LOGIN PASSWORD 'plain'")
    admin = databases.create_database(server)
    name = urlsplit(admin).path.removeprefix("/")
    execute(server, f'ALTER DATABASE "{name}" OWNER TO plain_owner')
    owner = with_user(admin, "plain_owner", "plain")
    try:
        assert "run migrations/sql/0003_reader.sql" in migrate(owner)
        assert fetch_value(owner, ROLE_EXISTS) is False
        run_reader_file(admin)
        with reader_of(admin) as reader:
            assert count(reader, "tracks") == 0
        assert has_privilege(admin, "plain_owner", "TEMPORARY")
        assert not has_privilege(admin, "flights_reader", "TEMPORARY")
        migrate(owner, "downgrade", "base")
    finally:
        databases.drop_database(server, admin)
        execute(server, "DROP ROLE IF EXISTS flights_reader")
        execute(server, "DROP ROLE plain_owner")


def run_reader_file(admin: str) -> None:
    """Run the file twice, as docs/sql.md describes."""
    psql = programs_dir(server_user()) / "psql"
    for _ in range(2):
        subprocess.run(
            [psql, admin, "-v", "ON_ERROR_STOP=1", "-f", "migrations/sql/0003_reader.sql"],
            check=True,
            cwd=ROOT,
            capture_output=True,
        )


def test_a_writer_keeps_temporary_tables(server: str) -> None:
    """A service whose user is not the owner still stages its batches."""
    execute(server, "CREATE ROLE other_writer")
    dsn = databases.create_database(server)
    try:
        migrate(dsn, "upgrade", "0002")
        execute(dsn, "GRANT INSERT ON state_vectors TO other_writer")
        migrate(dsn)
        assert has_privilege(dsn, "other_writer", "TEMPORARY")
        assert not has_privilege(dsn, "flights_reader", "TEMPORARY")
    finally:
        databases.drop_database(server, dsn)
        execute(server, "DROP ROLE other_writer")
