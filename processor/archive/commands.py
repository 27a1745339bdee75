"""The commands of the archive: audit, reset-offsets and rebuild."""

import datetime as dt
import operator
from collections.abc import Sequence
from typing import NamedTuple

import asyncpg

from processor.archive.audit.audit import audit
from processor.archive.audit.derived import Derived, Extent
from processor.archive.audit.findings import NothingToAudit, Proof, Violation
from processor.archive.audit.log import Log
from processor.archive.command_connection import connect_for_command, explain_database_errors
from processor.archive.command_output import print_result
from processor.archive.database import MISSING_SCHEMA, Connection
from processor.archive.flights.store import FlightStore
from processor.archive.instants import take_unix_seconds
from processor.archive.progress import Progress, ProgressLine
from processor.archive.rollups import RolledUp, Rollups
from processor.archive.sql import Queries, load_audit_queries, load_queries
from processor.errors import FatalError, ReconnectError, SchemaError
from processor.settings import ProcessorSettings

AIRCRAFT_AT_ONCE = 500
"""Aircraft whose flights are segmented again in one transaction."""

VIOLATION, NOTHING_TO_AUDIT, NOT_ALL_COMPARED = 1, 3, 4
"""Exit codes of the audit. 0: everything was compared and agrees; 2: a setting is wrong."""


class AuditScope(NamedTuple):
    """What an audit compares beside the stored rows and their ledger.

    Attributes:
        has_log: Whether to compare with the log.
        derived: How much of what is derived is computed again; None computes nothing.
    """

    has_log: bool = False
    derived: Extent | None = None


@explain_database_errors
async def print_audit(settings: ProcessorSettings, scope: AuditScope, *, as_json: bool) -> int:
    """Print the proof or the first violation; return the exit code."""
    connection = await connect_for_command(settings)
    try:
        with ProgressLine() as progress:
            proof = await _audit(connection, settings, scope, progress)
    except Violation as violation:
        content = {"verdict": "violation", "violation": str(violation)}
        print_result(content, f"audit violation: {violation}", as_json=as_json)
        return VIOLATION
    except NothingToAudit as nothing:
        print_result({"verdict": "nothing to audit"}, str(nothing), as_json=as_json)
        return NOTHING_TO_AUDIT
    except MISSING_SCHEMA as error:
        raise SchemaError(f"{error}. Run `alembic upgrade head` first") from error
    except ReconnectError as error:
        raise FatalError(f"Kafka does not answer: {error}. See kafka.bootstrap_servers") from error
    finally:
        await connection.close()
    print_result(proof.as_json(), str(proof), as_json=as_json)
    return 0 if proof.is_clean else NOT_ALL_COMPARED


async def _audit(
    connection: Connection, settings: ProcessorSettings, scope: AuditScope, progress: Progress
) -> Proof:
    queries = load_audit_queries()
    proof = await audit(connection, queries, progress)
    if scope.has_log:
        await Log(settings.kafka, progress).check(connection, queries, proof)
    else:
        proof.not_requested.append("the log itself (--kafka)")
    if scope.derived is not None:
        derived = Derived(connection, queries, load_queries(), progress)
        await derived.check(proof, scope.derived)
    if scope.derived is not Extent.ALL:
        proof.not_requested.append("computing all flights, minutes and hours again (--deep all)")
    return proof


@explain_database_errors
async def reset_offsets(settings: ProcessorSettings, *, as_json: bool) -> int:
    """Keep a log's offsets and ledger under another name; the next start reads from the oldest."""
    connection = await connect_for_command(settings)
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
    text = (
        f"{len(moved)} partitions of {topic} are kept as {kept_as}; "
        "the next start begins at the oldest message"
    )
    content = {"topic": topic, "kept_as": kept_as, "partitions": len(moved)}
    print_result(content, text, as_json=as_json)
    return 0


@explain_database_errors
async def rebuild(settings: ProcessorSettings, *, as_json: bool) -> int:
    """Segment all flights and roll up minutes and hours again, from the stored state vectors."""
    connection = await connect_for_command(settings)
    queries = load_queries()
    try:
        await take_unix_seconds(connection)
        parts = await connection.fetch(queries.parts)
        starts = await _starts(connection, queries, parts)
        with ProgressLine() as progress:
            await _segment_again(connection, FlightStore(queries), starts, progress)
            for part in parts:
                await connection.execute(queries.mark_part_dirty, *part)
            done = await _roll_up(connection, Rollups(queries), progress)
    except MISSING_SCHEMA as error:
        raise SchemaError(f"{error}. Run `alembic upgrade head` first") from error
    finally:
        await connection.close()
    text = f"{_describe(done)} out of {len(starts):,} aircraft"
    print_result({"aircraft": len(starts), **done._asdict()}, text, as_json=as_json)
    return 0


async def _starts(
    connection: Connection, queries: Queries, parts: Sequence[asyncpg.Record]
) -> list[asyncpg.Record]:
    """Return from where on to segment each aircraft's flights, reading one part after another."""
    since: dict[str, dt.datetime] = {}
    for part in parts:
        for icao24, first in await connection.fetch(queries.first_contacts, *part):
            since[icao24] = min(first, since.get(icao24, first))
    known = sorted(since)
    return await connection.fetch(queries.rebuild_starts, known, [since[one] for one in known])


async def _segment_again(
    connection: Connection,
    flights: FlightStore,
    starts: Sequence[asyncpg.Record],
    progress: Progress,
) -> None:
    for first in range(0, len(starts), AIRCRAFT_AT_ONCE):
        some = starts[first : first + AIRCRAFT_AT_ONCE]
        async with connection.transaction():
            since = {row["icao24"]: int(row["since"].timestamp()) for row in some}
            await flights.segment_again(connection, since)
        done = first + len(some)
        progress(
            f"flights of {done:,} of {len(starts):,} aircraft are segmented", done / len(starts)
        )


async def _roll_up(connection: Connection, rollups: Rollups, progress: Progress) -> RolledUp:
    """Roll up everything that is due; return what was done."""
    done = RolledUp()
    while any(part := await rollups.roll_up(connection)):
        done = RolledUp(*map(operator.add, done, part))
        progress(_describe(done))
    return done


def _describe(done: RolledUp) -> str:
    return (
        f"{done.flights:,} flights measured, {done.minutes:,} minutes and {done.hours:,} hours"
        " rolled up"
    )
