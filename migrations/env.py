"""Run the migrations: one at a time across machines, and never behind a long lock."""

import asyncio
import sys

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from configuration.database_files import refuse_missing_files
from configuration.errors import SettingsError
from configuration.loading import load_settings
from configuration.transport_security import check_plaintext, find_plaintext_database
from processor.database_errors import explain
from processor.errors import ProcessorError, SchemaError
from processor.postgres import Connection as Session
from processor.postgres import connect
from processor.settings import DatabaseSettings, ProcessorSettings

LOCK = 0x666C69676874
"""Key of the advisory lock: "flight" in ASCII, so that no other program takes it by chance."""

SERVER = """
SELECT 'PostgreSQL ' || current_setting('server_version') || CASE
    WHEN current_setting('timescaledb.disable_load', TRUE) IS NULL THEN ' without TimescaleDB'
    ELSE ' with TimescaleDB '
        || (SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb')
        || CASE current_setting('timescaledb.license', TRUE)
               WHEN 'timescale' THEN ' (Community)' ELSE ' (Apache 2)' END
    END
"""


def migrate(connection: Connection) -> None:
    # A second migrator waits for the first; DDL that has to wait for a table gives up soon,
    # because everything else would queue up behind it.
    connection.execute(text("SET lock_timeout = '120s'"))
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
    connection.execute(text("SET lock_timeout = '10s'"))
    connection.commit()
    context.configure(
        connection=connection, transaction_per_migration=True, on_version_apply=say_revision
    )
    refuse_newer(context.get_context().get_current_heads())
    with context.begin_transaction():
        context.run_migrations()
    revisions = ", ".join(context.get_context().get_current_heads()) or "none"
    say(f"{connection.execute(text(SERVER)).scalar()}: the tables are of revision {revisions}")


def refuse_newer(heads: tuple[str, ...]) -> None:
    script = ScriptDirectory.from_config(context.config)
    known = {revision.revision for revision in script.walk_revisions()}
    if newer := set(heads) - known:
        raise SchemaError(
            f"the tables are of revision {', '.join(sorted(newer))}, which this version does not"
            " know: a newer version made them; run alembic of that one"
        )


def say_revision(
    ctx: MigrationContext, step: MigrationInfo, heads: object, run_args: object
) -> None:
    del ctx, heads, run_args  # the names by which alembic gives them
    revision = step.up_revision
    if isinstance(revision, Script):
        verb = "made" if step.is_upgrade else "taken back"
        say(f"{verb}: {revision.revision} {revision.doc.splitlines()[0]}")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main(settings: DatabaseSettings) -> None:
    async def open_session() -> Session:
        # asyncpg reads the URL itself: it knows libpq's parameters, such as sslmode.
        return await connect(
            settings.url.get_secret_value(),
            timeout_seconds=settings.connect_timeout_seconds,
            settings={"application_name": "flight-monitor migrations"},
        )

    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=open_session, poolclass=NullPool
    )
    async with engine.connect() as connection:
        await connection.run_sync(migrate)


def in_one_sentence(error: BaseException) -> str | None:
    """Return what an operator has to know; None of what is a fault of the migrations' own."""
    while True:
        if isinstance(error, ProcessorError | SettingsError):
            return str(error)
        if (trouble := explain(error)) is not None:
            return str(trouble)
        if error.__cause__ is None:
            return None
        error = error.__cause__


if context.is_offline_mode():
    raise SystemExit("offline mode: the edition of the database is found by asking it")
try:
    settings = load_settings(ProcessorSettings)
    url = settings.database.url.get_secret_value()
    refuse_missing_files(url)
    for warning in check_plaintext(settings.security, find_plaintext_database(url)):
        sys.stderr.write(f"warning: {warning}\n")
    asyncio.run(main(settings.database))
except CommandError:
    raise  # alembic says it in a line
except Exception as error:
    if (sentence := in_one_sentence(error)) is None:
        raise
    raise SystemExit(f"the migrations did not run to their end: {sentence}") from None
