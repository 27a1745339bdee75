"""A connection pooler before the database is noticed at once and refused in a sentence."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from processor.archive.database import Database
from processor.errors import FatalError
from processor.history.database import HistoryDatabase
from processor.history.errors import RetryLaterError
from testkit.migration import migrate
from testkit.pgbouncer import PgBouncer
from testkit.queries import fetch_value
from testkit.services import run_module

pytestmark = [pytest.mark.real_database, pytest.mark.real_pooler]

SENTENCE = "connect directly to PostgreSQL"

DROPPED = (
    "statement_timeout, idle_in_transaction_session_timeout, lock_timeout, plan_cache_mode, jit,"
    " default_transaction_read_only, timescaledb.max_tuples_decompressed_per_dml_transaction,"
    " flight_monitor.session"
)
"""All that the processor sends with the login and PgBouncer would refuse."""


@pytest.fixture(
    params=[("transaction", ""), ("transaction", DROPPED), ("statement", DROPPED)],
    ids=["as it comes", "with settings dropped", "by the statement"],
)
def pooler(request: pytest.FixtureRequest, database_url: str) -> Iterator[PgBouncer]:
    """Give a PgBouncer before an empty database."""
    pool_mode, ignored = request.param
    with PgBouncer(database_url, pool_mode=pool_mode, ignored=ignored) as pooler:
        yield pooler


async def test_archive_and_history_refuse_it(pooler: PgBouncer, database_url: str) -> None:
    """It is no outage, and not retried for ever; the same database without it serves."""
    migrate(database_url)
    database = Database(
        url=pooler.dsn,
        application_name="test",
        connect_timeout_seconds=5,
        statement_timeout_seconds=5,
    )
    with pytest.raises(FatalError, match=SENTENCE):
        await database.run(lambda connection: connection.fetchval("SELECT 42"))
    assert SENTENCE in str(database.trouble)
    await database.close()
    history = HistoryDatabase(
        url=pooler.dsn, max_connections=2, connect_timeout_seconds=5, statement_timeout_seconds=5
    )
    with pytest.raises(RetryLaterError, match=SENTENCE):
        async with history.reading() as connection:
            await connection.fetchval("SELECT 42")
    await history.close()


def test_processes_end_with_the_sentence(
    pooler: PgBouncer, database_url: str, tmp_path: Path
) -> None:
    """Migrations, too, whose lock would stay with a session that is another's."""
    with pytest.raises(RuntimeError, match=SENTENCE):
        migrate(pooler.dsn)
    assert fetch_value(database_url, "SELECT to_regclass('alembic_version')") is None
    environment = {"DATABASE_URL": pooler.dsn, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    for arguments in (["processor", "audit"], ["processor", "--role", "archive"]):
        environment["HTTP_PORT"] = "0"
        done = run_module(arguments, folder=tmp_path, environment=environment)
        assert done.returncode == 1
        printed = done.stdout + done.stderr
        assert SENTENCE in printed
        assert "Traceback" not in printed
