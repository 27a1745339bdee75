"""What an operator asks of the archive by hand."""

import datetime as dt
import sys

import asyncpg

from processor.archive.audit import Violation, audit
from processor.archive.database import MISSING_SCHEMA, Connection
from processor.archive.sql import load_queries
from processor.errors import SchemaError
from telemetry.settings import Settings


async def print_audit(settings: Settings) -> int:
    """Print the proof or the first violation; return the exit code."""
    connection = await _connect(settings)
    try:
        proof = await audit(connection, load_queries())
    except Violation as violation:
        sys.stdout.write(f"audit violation: {violation}\n")
        return 1
    except MISSING_SCHEMA as error:
        raise SchemaError(f"{error}. Run `alembic upgrade head` first") from error
    finally:
        await connection.close()
    sys.stdout.write(f"{proof}\n")
    return 0


async def begin_anew(settings: Settings) -> int:
    """Keep what is known of the log under another name, so that the next start begins anew."""
    connection = await _connect(settings)
    queries = load_queries()
    topic = settings.kafka.topic
    try:
        async with connection.transaction():
            kept_as = f"{topic}@{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}"
            moved = await connection.fetch(queries.begin_anew, topic, kept_as)
            await connection.execute(queries.begin_anew_ledger, topic, kept_as)
            await connection.execute(queries.begin_anew_dead_letters, topic, kept_as)
    finally:
        await connection.close()
    sys.stdout.write(
        f"{len(moved)} partitions of {topic} are kept as {kept_as}; "
        "the next start begins at the oldest message\n"
    )
    return 0


async def _connect(settings: Settings) -> Connection:
    """Connect once; whoever asks by hand would rather know than wait."""
    url = settings.database.url.get_secret_value()
    try:
        return await asyncpg.connect(url, timeout=settings.database.connect_timeout_seconds)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise SchemaError(f"no database: {error}. See database.url") from error
