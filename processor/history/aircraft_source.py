"""Read the table of aircraft in the database for the identities of live and stored aircraft."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from processor.history.database import HistoryDatabase
from processor.history.errors import HistoryError
from processor.named_sql import load_statements
from processor.reference.identity import AircraftRecord


class _Statements(NamedTuple):
    aircraft_records: str
    aircraft_version: str


class DatabaseAircraft:
    """Reads by the connections of requests; a database that does not answer is no error here."""

    def __init__(self, database: HistoryDatabase) -> None:
        self._database = database
        self._statements = load_statements(Path(__file__).with_name("aircraft.sql"), _Statements)

    async def read(self, icao24s: Sequence[str]) -> Mapping[str, AircraftRecord] | None:
        """Return the records of those addresses that it has; None if it cannot be read now."""
        try:
            async with self._database.reading() as connection:
                rows = await connection.fetch(self._statements.aircraft_records, icao24s)
        except HistoryError:
            return None
        return {icao24: AircraftRecord(*values) for icao24, *values in map(tuple, rows)}

    async def version(self) -> int | None:
        """Return when it was changed last (Unix microseconds); None if it cannot be read now."""
        try:
            async with self._database.reading() as connection:
                version: int = await connection.fetchval(self._statements.aircraft_version)
        except HistoryError:
            return None
        return version
