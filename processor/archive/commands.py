"""What an operator asks of the archive by hand."""

import datetime as dt
import functools
import operator
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Concatenate, NamedTuple, ParamSpec

import asyncpg

from processor.archive.audit.audit import audit
from processor.archive.audit.derived import Derived, Extent
from processor.archive.audit.findings import NothingToAudit, Proof, Violation
from processor.archive.audit.log import Log
from processor.archive.database import MISSING_SCHEMA, TO_ANY_CHUNK, Connection
from processor.archive.flights.store import FlightStore
from processor.archive.instants import take_unix_seconds
from processor.archive.progress import ProgressLine
from processor.archive.rollups import RolledUp, Rollups
from processor.archive.sql import Queries, load_audit_queries, load_queries
from processor.database_errors import explain
from processor.errors import FatalError, ReconnectError, SchemaError
from processor.postgres import connect
from processor.schema import check_schema
from processor.settings import ProcessorSettings

AIRCRAFT_AT_ONCE = 500
"""Of a transaction that cuts flights anew."""

ONE_PART_AT_A_TIME = {"plan_cache_mode": "force_custom_plan"}
"""A plan that is made for any days locks every part of the table, one for a day that day's."""

VIOLATION, NOTHING_TO_AUDIT, NOT_ALL_COMPARED = 1, 3, 4
"""Exit codes of the audit; 0 is that everything was compared and agrees, 2 a wrong setting."""

Options = ParamSpec("Options")
Command = Callable[Concatenate[ProcessorSettings, Options], Awaitable[int]]


def in_one_sentence(command: Command[Options]) -> Callable[..., Coroutine[Any, Any, int]]:
    """Let trouble with the database end a command with its reason and remedy, and no more."""

    @functools.wraps(command)
    async def explained(
        settings: ProcessorSettings, *args: Options.args, **kwargs: Options.kwargs
    ) -> int:
        try:
            return await command(settings, *args, **kwargs)
        except Exception as error:
            if (trouble := explain(error)) is None:
                raise
            raise trouble.as_error() from error

    return explained


class AuditScope(NamedTuple):
    """What an audit is to compare beyond the stored rows and their ledger."""

    has_log: bool = False
    derived: Extent | None = None


@in_one_sentence
async def print_audit(settings: ProcessorSettings, scope: AuditScope) -> int:
    """Print the proof or the first violation; return the exit code."""
    connection = await _connect(settings)
    try:
        with ProgressLine() as progress:
            proof = await _audit(connection, settings, scope, progress)
    except Violation as violation:
        sys.stdout.write(f"audit violation: {violation}\n")
        return VIOLATION
    except NothingToAudit as nothing:
        sys.stdout.write(f"{nothing}\n")
        return NOTHING_TO_AUDIT
    except MISSING_SCHEMA as error:
        raise SchemaError(f"{error}. Run `alembic upgrade head` first") from error
    except ReconnectError as error:
        raise FatalError(f"Kafka does not answer: {error}. See kafka.bootstrap_servers") from error
    finally:
        await connection.close()
    sys.stdout.write(f"{proof}\n")
    return 0 if proof.is_clean else NOT_ALL_COMPARED


async def _audit(
    connection: Connection, settings: ProcessorSettings, scope: AuditScope, progress: ProgressLine
) -> Proof:
    queries = load_audit_queries()
    proof = await audit(connection, queries, progress)
    if scope.has_log:
        await Log(settings.kafka, progress).check(connection, queries, proof)
    else:
        proof.not_asked.append("the log itself (--kafka)")
    if scope.derived is not None:
        derived = Derived(connection, queries, load_queries(), progress)
        await derived.check(proof, scope.derived)
    if scope.derived is not Extent.ALL:
        proof.not_asked.append("computing all flights, minutes and hours again (--deep all)")
    return proof


@in_one_sentence
async def reset_offsets(settings: ProcessorSettings) -> int:
    """Keep what is known of the log under another name, so that the next start begins anew."""
    connection = await _connect(settings)
    queries = load_queries()
    topic = settings.kafka.topic
    try:
        async with connection.transaction():
            kept_as = f"{topic}@{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}"
            moved = await connection.fetch(queries.reset_offsets, topic, kept_as)
            await connection.execute(queries.reset_offsets_ledger, topic, kept_as)
            await connection.execute(queries.reset_offsets_days, topic, kept_as)
            await connection.execute(queries.reset_offsets_dead_letters, topic, kept_as)
    finally:
        await connection.close()
    sys.stdout.write(
        f"{len(moved)} partitions of {topic} are kept as {kept_as}; "
        "the next start begins at the oldest message\n"
    )
    return 0


async def _connect(settings: ProcessorSettings) -> Connection:
    """Connect once: an operator would rather know than wait."""
    timeout_seconds = settings.database.connect_timeout_seconds
    connection = await connect(
        settings.database.url.get_secret_value(),
        timeout_seconds=timeout_seconds,
        settings={"timezone": "UTC", **TO_ANY_CHUNK, **ONE_PART_AT_A_TIME},
    )
    try:
        await check_schema(connection)
    except BaseException:
        connection.terminate()
        raise
    return connection


@in_one_sentence
async def rebuild(settings: ProcessorSettings) -> int:
    """Cut all flights anew and sum all minutes and hours up, out of the state vectors there are."""
    connection = await _connect(settings)
    queries = load_queries()
    try:
        await take_unix_seconds(connection)
        parts = await connection.fetch(queries.parts)
        begins = await _begins(connection, queries, parts)
        with ProgressLine() as progress:
            await _segment_again(connection, FlightStore(queries), begins, progress)
            for part in parts:
                await connection.execute(queries.mark_part_dirty, *part)
            done = await _roll_up(connection, Rollups(queries), progress)
    except MISSING_SCHEMA as error:
        raise SchemaError(f"{error}. Run `alembic upgrade head` first") from error
    finally:
        await connection.close()
    sys.stdout.write(f"{done} out of {len(begins):,} aircraft\n")
    return 0


async def _begins(
    connection: Connection, queries: Queries, parts: Sequence[asyncpg.Record]
) -> list[asyncpg.Record]:
    """Return where to cut each aircraft's flights, looked for in one part after another."""
    since: dict[str, dt.datetime] = {}
    for part in parts:
        for icao24, first in await connection.fetch(queries.first_contacts, *part):
            since[icao24] = min(first, since.get(icao24, first))
    known = sorted(since)
    return await connection.fetch(queries.rebuild_starts, known, [since[one] for one in known])


async def _segment_again(
    connection: Connection,
    flights: FlightStore,
    begins: Sequence[asyncpg.Record],
    progress: ProgressLine,
) -> None:
    for first in range(0, len(begins), AIRCRAFT_AT_ONCE):
        some = begins[first : first + AIRCRAFT_AT_ONCE]
        async with connection.transaction():
            since = {row["icao24"]: int(row["since"].timestamp()) for row in some}
            await flights.segment_again(connection, since)
        done = first + len(some)
        progress(f"flights of {done:,} of {len(begins):,} aircraft are cut")


async def _roll_up(connection: Connection, rollups: Rollups, progress: ProgressLine) -> str:
    """Return what was done, in words."""
    done = RolledUp()
    words = _in_words(done)
    while any(part := await rollups.roll_up(connection)):
        done = RolledUp(*map(operator.add, done, part))
        words = _in_words(done)
        progress(words)
    return words


def _in_words(done: RolledUp) -> str:
    return (
        f"{done.flights:,} flights measured, {done.minutes:,} minutes and {done.hours:,} hours"
        " summed up"
    )
