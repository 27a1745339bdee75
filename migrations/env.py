"""Run the migrations, one process at a time, and never wait long for a lock."""

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
"""Key of the advisory lock: "flight" in ASCII, which no other program uses by chance."""

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
    # A second process waits for the first. DDL that has to wait for a table gives up soon, because
    # all other statements would queue up behind it.
    connection.execute(text("SET lock_timeout = '120s'"))
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
    connection.execute(text("SET lock_timeout = '10s'"))
    connection.commit()
    context.configure(
        connection=connection, transaction_per_migration=True, on_version_apply=print_revision
    )
    refuse_newer(context.get_context().get_current_heads())
    with context.begin_transaction():
        context.run_migrations()
    revisions = ", ".join(context.get_context().get_current_heads()) or "none"
    print_line(
        f"{connection.execute(text(SERVER)).scalar()}: the tables are of revision {revisions}"
    )


def refuse_newer(heads: tuple[str, ...]) -> None:
    script = ScriptDirectory.from_config(context.config)
    known = {revision.revision for revision in script.walk_revisions()}
    if newer := set(heads) - known:
        raise SchemaError(
            f"the tables are of revision {', '.join(sorted(newer))}, which this version does not"
            " know: a newer version made them; run alembic of that one"
        )


def print_revision(
    ctx: MigrationContext, step: MigrationInfo, heads: object, run_args: object
) -> None:
    del ctx, heads, run_args  # alembic passes them by these names
    revision = step.up_revision
    if isinstance(revision, Script):
        verb = "applied" if step.is_upgrade else "reverted"
        print_line(f"{verb}: {revision.revision} {revision.doc.splitlines()[0]}")


def print_line(line: str) -> None:
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


def explain_error(error: BaseException) -> str | None:
    """Return a sentence for the operator; None if the error is a fault of the migrations."""
    while True:
        if isinstance(error, ProcessorError | SettingsError):
            return str(error)
        if (trouble := explain(error)) is not None:
            return str(trouble)
        if error.__cause__ is None:
            return None
        error = error.__cause__


if context.is_offline_mode():
    raise SystemExit("there is no offline mode: the edition of the database has to be read from it")
try:
    settings = load_settings(ProcessorSettings)
    url = settings.database.url.get_secret_value()
    refuse_missing_files(url)
    for warning in check_plaintext(settings.security, find_plaintext_database(url)):
        sys.stderr.write(f"warning: {warning}\n")
    asyncio.run(main(settings.database))
except CommandError:
    raise  # alembic prints it in one line
except Exception as error:
    if (sentence := explain_error(error)) is None:
        raise
    raise SystemExit(f"the migrations did not complete: {sentence}") from None
