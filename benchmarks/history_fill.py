"""Fills the schema of the archive and a naive one with the same invented traffic."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import NamedTuple

import asyncpg
import numpy as np

from benchmarks.history_rows import HEADER, POLLS_PER_BLOCK, TRAILER, Block, Encoder
from benchmarks.history_traffic import DAY_SECONDS, POLL_SECONDS, START, Legs, Size, addresses
from benchmarks.report import MeasurementError, Progress
from processor.named_sql import load_statements
from telemetry.state_vector import FIELDS

CONNECTIONS = 2
"""Connections that aggregate days or aircraft at the same time: one for each core."""

BLOCKS_AHEAD = 3
REPORTED_EVERY_DAYS = 5
FLIGHT_PARTS = 8
"""Number of parts in which aircraft are aggregated to flights, so that each is sorted in memory."""

_WORK_MEMORY = "512MB"
_AFTER_ALL = "g"
"""Sorts after every hexadecimal number."""

_BLOCKS_PER_DAY = round(DAY_SECONDS / POLL_SECONDS) // POLLS_PER_BLOCK


class Statements(NamedTuple):
    """Every statement of history_fill.sql."""

    create_naive: str
    is_view: str
    create_staging: str
    insert_staged: str
    fill_minutes: str
    fill_hours: str
    fill_flights: str


STATEMENTS = load_statements(Path(__file__).with_name("history_fill.sql"), Statements)


def day(number: int) -> dt.datetime:
    """Return the midnight before a day of the traffic."""
    return dt.datetime.fromtimestamp(START + number * DAY_SECONDS, dt.UTC)


async def create_naive(dsn: str) -> None:
    """Create the naive schema in an empty database."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(STATEMENTS.create_naive)
    finally:
        await connection.close()


async def make_days(dsn: str, days: int) -> None:
    """Create the partitions of the days, if the schema has partitions."""
    connection = await asyncpg.connect(dsn)
    try:
        dates = [day(number).date() for number in range(days)]
        await connection.execute("SELECT make_partitions($1::date[])", dates)
        await connection.execute("SELECT make_minutely_partitions($1::date[])", dates)
    finally:
        await connection.close()


async def copy_traffic(size: Size, flown: Legs, dsns: Iterable[str], progress: Progress) -> None:
    """Copy the same rows into `state_vectors` of each database, a transaction for each day.

    Raises:
        MeasurementError: There are fewer rows than asked for.
    """
    queues: list[asyncio.Queue[Block | None]] = [asyncio.Queue(BLOCKS_AHEAD) for _ in dsns]
    async with asyncio.TaskGroup() as group:
        for dsn, queue in zip(dsns, queues, strict=True):
            group.create_task(_copy(dsn, queue))
        blocks = Encoder(flown, size).blocks()
        made = rows = 0
        while (block := await asyncio.to_thread(next, blocks, None)) is not None:
            made, rows = made + 1, rows + block.rows
            for queue in queues:
                await queue.put(block)
            if made % (_BLOCKS_PER_DAY * REPORTED_EVERY_DAYS) == 0:
                progress(f"{rows:,} state vectors")
        for queue in queues:
            await queue.put(None)
    if rows != size.rows:
        raise MeasurementError(f"{rows:,} rows were made of {size.rows:,}")


async def sum_up(size: Size, flown: Legs, dsn: str, progress: Progress) -> None:
    """Derive minutes, hours and flights from the stored state vectors."""
    spans = [(day(number), day(number + 1)) for number in range(size.days)]
    await _in_turns(dsn, STATEMENTS.fill_minutes, spans)
    progress("minutes are summed up")
    await _in_turns(dsn, STATEMENTS.fill_hours, spans)
    progress("hours are summed up")
    await _in_turns(dsn, STATEMENTS.fill_flights, _parts(flown))
    progress("flights are cut and measured")


async def settle(dsns: Iterable[str]) -> None:
    """Vacuum and analyze, so that autovacuum does not run during the measurement."""
    async with asyncio.TaskGroup() as group:
        for dsn in dsns:
            group.create_task(_run(dsn, "VACUUM (ANALYZE)"))


async def _run(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _copy(dsn: str, queue: asyncio.Queue[Block | None]) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        is_staged = await connection.fetchval(STATEMENTS.is_view)
        table = "staging" if is_staged else "state_vectors"
        while (block := await queue.get()) is not None:
            async with connection.transaction():
                if is_staged:
                    await connection.execute(STATEMENTS.create_staging)
                await connection.copy_to_table(
                    table, source=_one_day(block, queue), columns=FIELDS, format="binary"
                )
                if is_staged:
                    await connection.execute(STATEMENTS.insert_staged)
    finally:
        await connection.close()


async def _one_day(first: Block, queue: asyncio.Queue[Block | None]) -> AsyncIterator[bytes]:
    """Give the blocks of a day; at the end of all, leave the mark for who asks next."""
    yield HEADER + first.copied
    for _ in range(_BLOCKS_PER_DAY - 1):
        block = await queue.get()
        if block is None:
            queue.put_nowait(None)
            break
        yield block.copied
    yield TRAILER


async def _in_turns(
    dsn: str, statement: str, parts: Iterable[tuple[dt.datetime | str, dt.datetime | str]]
) -> None:
    """Run a statement for each part on several connections at the same time."""
    waiting = iter(parts)

    async def work() -> None:
        connection = await asyncpg.connect(
            dsn, server_settings={"work_mem": _WORK_MEMORY, "timezone": "UTC"}
        )
        try:
            for part in waiting:
                await connection.execute(statement, *part)
        finally:
            await connection.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(work())


def _parts(flown: Legs) -> list[tuple[str, str]]:
    """Divide the addresses, which increase with the number of the aircraft."""
    last = int(flown.aircraft.max())
    edges = addresses(np.arange(FLIGHT_PARTS) * last // FLIGHT_PARTS)
    icao24s = [f"{edge:06x}" for edge in edges]
    return list(zip(icao24s, [*icao24s[1:], _AFTER_ALL], strict=True))
