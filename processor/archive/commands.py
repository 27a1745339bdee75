"""What an operator asks of the archive by hand."""

import datetime as dt
import functools
import operator
import sys
from collections.abc import Awaitable, Callable, Sequence

import asyncpg

from processor.archive.audit import Violation, audit
from processor.archive.database import MISSING_SCHEMA, TO_ANY_CHUNK, Connection
from processor.archive.flights import Flights
from processor.archive.instants import take_unix_seconds
from processor.archive.sql import load_queries
from processor.archive.sums import Summed, Sums
from processor.errors import SchemaError
from processor.postgres import connect
from processor.schema import check_schema
from processor.trouble import explain
from telemetry.settings import Settings

AIRCRAFT_AT_ONCE = 500
"""Of a transaction that cuts flights anew."""


Command = Callable[[Settings], Awaitable[int]]


def in_one_sentence(command: Command) -> Command:
    """Let trouble with the database end a command with its reason and remedy, and no more."""

    @functools.wraps(command)
    async def explained(settings: Settings) -> int:
        try:
            return await command(settings)
        except Exception as error:
            if (trouble := explain(error)) is None:
                raise
            raise trouble.as_error() from error

    return explained


@in_one_sentence
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


@in_one_sentence
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
    """Connect once: an operator would rather know than wait."""
    timeout_seconds = settings.database.connect_timeout_seconds
    connection = await connect(
        settings.database.url.get_secret_value(),
        timeout_seconds=timeout_seconds,
        settings={"timezone": "UTC", **TO_ANY_CHUNK},
    )
    try:
        await check_schema(connection)
    except BaseException:
        connection.terminate()
        raise
    return connection


@in_one_sentence
async def rebuild(settings: Settings) -> int:
    """Cut all flights anew and sum all minutes and hours up, out of the state vectors there are."""
    connection = await _connect(settings)
    queries = load_queries()
    try:
        await take_unix_seconds(connection)
        begins = await connection.fetch(queries.rebuild_begins)
        await _cut_anew(connection, Flights(queries), begins)
        await connection.execute(queries.rebuild_minutes)
        await _sum_up(connection, Sums(queries))
    except MISSING_SCHEMA as error:
        raise SchemaError(f"{error}. Run `alembic upgrade head` first") from error
    finally:
        await connection.close()
    return 0


async def _cut_anew(
    connection: Connection, flights: Flights, begins: Sequence[asyncpg.Record]
) -> None:
    for first in range(0, len(begins), AIRCRAFT_AT_ONCE):
        some = begins[first : first + AIRCRAFT_AT_ONCE]
        async with connection.transaction():
            since = {row["icao24"]: int(row["since"].timestamp()) for row in some}
            await flights.cut_anew(connection, since)
        done = first + len(some)
        sys.stderr.write(f"flights of {done:,} of {len(begins):,} aircraft are cut\n")


async def _sum_up(connection: Connection, sums: Sums) -> None:
    done = Summed()
    while any(part := await sums.sum_up(connection)):
        done = Summed(*map(operator.add, done, part))
        sys.stderr.write(
            f"{done.flights:,} flights measured, {done.minutes:,} minutes and {done.hours:,} hours"
            " summed up\n"
        )
