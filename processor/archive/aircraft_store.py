"""Write the table of aircraft: the packaged one when it is newer, and files that are imported."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import structlog

from processor.archive.database import Connection
from processor.named_sql import load_statements
from processor.reference.aircraft_table import VERSION, all_packaged_aircraft
from processor.reference.airlines import all_airlines
from processor.reference.identity import AircraftRecord

log = structlog.get_logger()

COPIED_AT_ONCE = 5_000
"""Rows of one COPY: a few megabytes."""

COLUMNS = ("line", "icao24", *AircraftRecord.__struct_fields__)

StagedRow = tuple[int, str, AircraftRecord]
"""The line of a file, the address, and what the line says of it."""


class AircraftStatements(NamedTuple):
    """The statements of aircraft.sql."""

    loaded_version: str
    create_aircraft_staging: str
    create_airline_staging: str
    replace_packaged: str
    replace_airlines: str
    import_aircraft: str
    record_load: str
    lock_aircraft: str


def load_aircraft_statements() -> AircraftStatements:
    """Read aircraft.sql."""
    return load_statements(Path(__file__).with_name("aircraft.sql"), AircraftStatements)


class PackagedAircraft:
    """Loads the packaged tables once, if the database holds an older version or none."""

    def __init__(self) -> None:
        self._statements = load_aircraft_statements()
        self._is_loaded = False

    async def load(self, connection: Connection) -> None:
        """Load the packaged tables, unless that was done before."""
        if self._is_loaded:
            return
        statements = self._statements
        async with connection.transaction():
            await connection.execute(statements.lock_aircraft)
            if await connection.fetchval(statements.loaded_version) < VERSION:
                await self._replace(connection)
        self._is_loaded = True

    async def _replace(self, connection: Connection) -> None:
        statements = self._statements
        await connection.execute(statements.create_aircraft_staging)
        rows = ((0, icao24, record) for icao24, record in all_packaged_aircraft())
        n_rows = 0
        for some in portions(rows):
            n_rows += await stage(connection, some)
        await connection.execute(statements.replace_packaged)
        await connection.execute(statements.create_airline_staging)
        await connection.copy_records_to_table("airline_staging", records=all_airlines())
        await connection.execute(statements.replace_airlines)
        await connection.execute(statements.record_load, "packaged", VERSION, n_rows)
        log.info("packaged_aircraft_loaded", aircraft=n_rows, version=VERSION)


def portions(rows: Iterable[StagedRow]) -> Iterator[list[StagedRow]]:
    """Yield rows, `COPIED_AT_ONCE` at a time."""
    remaining = iter(rows)
    while some := list(islice(remaining, COPIED_AT_ONCE)):
        yield some


async def stage(connection: Connection, rows: Iterable[StagedRow]) -> int:
    """Copy rows to the staging table, and return how many."""
    records = list(_records(rows))
    await connection.copy_records_to_table("aircraft_staging", records=records, columns=COLUMNS)
    return len(records)


def _records(rows: Iterable[StagedRow]) -> Iterator[tuple[object, ...]]:
    names = AircraftRecord.__struct_fields__
    for line, icao24, record in rows:
        yield (line, icao24, *(getattr(record, name) for name in names))
