"""A database that the archive has filled from a log, to be copied and altered."""

import asyncio
import subprocess
from collections.abc import Sequence
from pathlib import Path

from processor.archive.audit.derived import Extent
from processor.archive.batch import Batch
from processor.archive.database import Database
from processor.archive.rollups import Rollups
from processor.archive.sql import load_queries
from processor.archive.writer import BatchWriter
from processor.message import LogIdentity
from telemetry.state_vector import StateVector
from testkit.audit_run import AuditRun, run_audit
from testkit.messages import garbage, message
from testkit.migration import create_migrated_database
from testkit.services import run_module
from testkit.state_vectors import START, state_vector

CLUSTER, TOPIC = "cluster", "telemetry.raw"
PARTITIONS = 2
BATCHES = 4
AIRCRAFT = 40
DAY = 86_400

Server = str
"""The address of a server."""


def fill(
    dsn: str, days: Sequence[int] = range(BATCHES), *, low: int = 0, topic_id: str = "id"
) -> None:
    """Store a batch of each day and roll it up; a new log begins at the offset `low`."""
    asyncio.run(_fill(dsn, days, low, topic_id))


def audit(dsn: str, deep: Extent | None = None) -> AuditRun:
    """Audit the database."""
    return run_audit(_environment(dsn), deep=deep)


def command(dsn: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of the processor."""
    return run_module(["processor", *arguments], folder=Path("/"), environment=_environment(dsn))


def _environment(dsn: str) -> dict[str, str]:
    return {"DATABASE_URL": dsn, "DATABASE_RETENTION_DAYS": "0"}


async def _fill(dsn: str, days: Sequence[int], low: int, topic_id: str) -> None:
    queries = load_queries()
    database = open_database(dsn)
    identity = LogIdentity(CLUSTER, TOPIC, topic_id, PARTITIONS)
    writer = BatchWriter(database=database, queries=queries, identity=identity, owner="fill")
    claims = await writer.claim(dict.fromkeys(range(PARTITIONS), low))
    for day in days:
        batch = Batch()
        for claim in claims:
            for offset, vector in enumerate(_vectors(claim.partition, day), claim.next_offset):
                batch.add(message(claim.partition, offset, vector), claim)
            batch.add(garbage(claim.partition, batch.spans[claim.partition].hi), claim)
        for claim in claims:
            claim.next_offset = batch.spans[claim.partition].hi
        await writer.write(batch)
    rollups = Rollups(queries)
    while any(await database.run(rollups.roll_up)):
        pass
    await database.close()


def open_database(dsn: str) -> Database:
    """Return the archive's connection to a database."""
    return Database(
        url=dsn, application_name="fill", connect_timeout_seconds=5, statement_timeout_seconds=20
    )


def _vectors(partition: int, day: int) -> Sequence[StateVector]:
    """Return a flight of five minutes of each aircraft; the first is published twice."""
    begin = START + day * DAY
    made = [
        state_vector(
            f"{partition:03x}{number:03x}",
            begin + step * 20,
            callsign=f"TST{number}",
            latitude=40 + step / 100,
            velocity=200.0 + number,
        )
        for number in range(AIRCRAFT)
        for step in range(15)
    ]
    return [made[0], *made]


def make(server: Server) -> str:
    """Return the address of a migrated and filled database."""
    dsn = create_migrated_database(server)
    fill(dsn)
    return dsn
