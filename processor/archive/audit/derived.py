"""Audit what is derived: compute flights, minutes and hours again and compare them.

It runs the code of `rebuild` on temporary tables, which hide the real tables of the same names, in
read-only transactions.
"""

import datetime as dt
import random
from collections.abc import AsyncIterator, Sequence
from enum import StrEnum

from processor.archive.airports.store import FlightAirports
from processor.archive.audit.findings import Proof, Violation
from processor.archive.database import Connection
from processor.archive.flights.store import FlightStore
from processor.archive.instants import take_unix_seconds
from processor.archive.progress import Progress
from processor.archive.sql import AuditQueries, Queries

SAMPLE_AIRCRAFT = 200
"""Aircraft in a sample, beside one hour of each day."""

AIRCRAFT_AT_ONCE = 50

_HOUR = dt.timedelta(hours=1)
_AIRPORT_COLUMNS = "icao24, first_seen, takeoff_airport, landing_airport"
_REBUILD = "`python -m processor rebuild` computes it again from the state vectors"


class Extent(StrEnum):
    """How much is computed again: some aircraft and hours, or everything."""

    SAMPLE = "sample"
    ALL = "all"


class Derived:
    """Compares derived tables with what the stored state vectors make at this moment."""

    def __init__(
        self,
        connection: Connection,
        audit_queries: AuditQueries,
        queries: Queries,
        progress: Progress,
    ) -> None:
        self._connection = connection
        self._audit_queries = audit_queries
        self._queries = queries
        self._progress = progress
        self._segmented_columns = self._measured_columns = ""
        self._airports = FlightAirports()
        self._n_flights = self._n_hours = 0

    async def check(self, proof: Proof, extent: Extent) -> None:
        """Compute again, compare, and add the result to the proof.

        Args:
            proof: The result of the audit of the rows.
            extent: `SAMPLE` takes some aircraft and one hour of each day.

        Raises:
            Violation: Names the first flight, minute or hour that differs.
        """
        await take_unix_seconds(self._connection)
        await self._connection.execute(self._audit_queries.hide_tables)
        [columns] = await self._connection.fetch(self._audit_queries.flight_columns)
        self._segmented_columns, self._measured_columns = columns
        async for some in self._aircraft(extent):
            await self._check_flights(some)
            self._progress(f"{some[-1]}: {self._n_flights:,} flights computed again")
        await self._check_days(extent)
        words = "all" if extent is Extent.ALL else "a sample"
        proof.compared.append(
            f"{words} of what is derived, computed again: {self._n_flights} flights and the minutes"
            f" of {self._n_hours} hours are as they are stored"
        )

    async def _aircraft(self, extent: Extent) -> AsyncIterator[list[str]]:
        """Yield lists of aircraft that have state vectors; each is one look-up in an index."""
        found: list[str] = []
        last = ""
        for _ in range(SAMPLE_AIRCRAFT) if extent is Extent.SAMPLE else iter(int, 1):
            after = last if extent is Extent.ALL else f"{random.randrange(1 << 24):06x}"  # noqa: S311 - a sample
            last = await self._connection.fetchval(self._audit_queries.next_aircraft, after)
            if last is not None:
                found.append(last)
            elif extent is Extent.ALL:
                break
            if len(found) == AIRCRAFT_AT_ONCE:
                yield sorted(set(found))
                found = []
        if found:
            yield sorted(set(found))

    async def _check_flights(self, icao24s: Sequence[str]) -> None:
        queries = self._audit_queries
        async with self._connection.transaction(isolation="repeatable_read", readonly=True):
            await self._connection.execute(queries.clear_flights)
            await self._connection.execute(queries.copy_flights, icao24s)
            begins = await self._connection.fetch(queries.rebuild_starts, icao24s)
            since = {row["icao24"]: int(row["since"].timestamp()) for row in begins}
            await FlightStore(self._queries).segment_again(self._connection, since)
            measured = await self._connection.fetch(queries.measured_flights)
            await self._connection.execute(
                self._queries.measure_flights,
                [flight["icao24"] for flight in measured],
                [flight["first_seen"] for flight in measured],
            )
            derived = [flight for flight in measured if flight["has_airports"]]
            await self._airports.derive_over(self._connection, derived)
            await self._compare_flights(icao24s)

    async def _compare_flights(self, icao24s: Sequence[str]) -> None:
        for columns, condition in (
            (self._segmented_columns, "TRUE"),
            (self._measured_columns, "last_seen IS NOT NULL"),
            (_AIRPORT_COLUMNS, "last_seen IS NOT NULL AND airports_due IS NULL"),
        ):
            statement = self._audit_queries.different_flight.format(
                columns=columns, condition=condition
            )
            different = await self._connection.fetchrow(statement, icao24s)
            if different is not None:
                raise Violation(
                    f"the flight of {different['icao24']} from"
                    f" {different['first_seen']:%Y-%m-%d %H:%M:%S} on is not what its state vectors"
                    f" make: computed again it differs, or is not there. {_REBUILD}"
                )
        self._n_flights += await self._connection.fetchval(self._audit_queries.count_flights)

    async def _check_days(self, extent: Extent) -> None:
        days = await self._connection.fetch(self._audit_queries.derived_days)
        for n_done, row in enumerate(days, start=1):
            begin = dt.datetime.combine(row["day"], dt.time(), dt.UTC)
            hours = [begin + number * _HOUR for number in range(24)]
            random.shuffle(hours)
            for hour in hours:
                has_rows = await self._check_hour(hour)
                if has_rows and extent is Extent.SAMPLE:
                    break
            self._progress(f"{row['day']}: minutes computed again", n_done / len(days))

    async def _check_hour(self, hour: dt.datetime) -> bool:
        """Compare an hour, unless some of it is dirty; return whether the hour has rows."""
        queries = self._audit_queries
        async with self._connection.transaction(isolation="repeatable_read", readonly=True):
            if await self._connection.fetchval(queries.is_unsettled, hour):
                return False
            await self._connection.execute(queries.clear_hour)
            minutes = [hour + dt.timedelta(minutes=number) for number in range(60)]
            await self._connection.execute(
                self._queries.roll_up_minutes, minutes, hour, hour + _HOUR
            )
            await self._connection.execute(self._queries.roll_up_hour, hour)
            minute = await self._connection.fetchrow(queries.different_minute, hour)
            if minute is not None:
                raise Violation(
                    f"the minute {minute['minute']:%Y-%m-%d %H:%M} of {minute['icao24']} in"
                    f" minutely_state_vectors is not what its state vectors make. {_REBUILD}"
                )
            country = await self._connection.fetchrow(queries.different_hour, hour)
            if country is not None:
                raise Violation(
                    f"{hour:%Y-%m-%d %H:00}: hourly_counts of {country['origin_country']} is not"
                    f" what its minutes make. {_REBUILD}"
                )
            has_rows = bool(await self._connection.fetchval(queries.has_minutes))
        self._n_hours += has_rows
        return has_rows
