"""Roll up minutes and hours, and measure flights that are over."""

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from processor.archive.airports.store import FlightAirports
from processor.archive.database import Connection, Record
from processor.archive.sql import Queries
from processor.archive.unique_rows import UniqueRows
from processor.database_errors import Blame, blame

FLIGHTS_AT_ONCE = 500
AIRPORTS_AT_ONCE = 500
MINUTES_AT_ONCE = 30
AIRCRAFT_AT_ONCE = 2_000
HOURS_AT_ONCE = 24
"""Rows of one transaction, so that none takes longer than seconds. Of minutes it is the range from
the first to the last, which is read as a whole; of aircraft it is the number of their minutes."""

MEASURED_AFTER = dt.timedelta(seconds=30)
"""How long a flight that is over waits after a change before it is measured."""

_MINUTE = dt.timedelta(minutes=1)


class RolledUp(NamedTuple):
    """How much was done; all zero when nothing is left. Minutes of single aircraft count each."""

    flights: int = 0
    minutes: int = 0
    hours: int = 0
    airports: int = 0


class _Amount:
    """How much one transaction does: half as much after one that took too long."""

    def __init__(self, most: int, *, least: int = 1) -> None:
        self._most, self._least = most, least
        self.present = most

    def halve(self) -> None:
        self.present = max(self._least, self.present // 2)

    def grow(self) -> None:
        """Add a tenth, so that what is too much is rarely tried again."""
        self.present = min(self._most, self.present + max(1, self._most // 10))


_Part = Callable[[Connection, int], Awaitable[int]]
"""Does at most so much of what is due, and returns how much that was."""


class Rollups:
    """Does what is due in small transactions; only one instance does at a time.

    After a transaction that takes longer than the server allows, the next one does half as much.
    """

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._flights = _Amount(FLIGHTS_AT_ONCE)
        self._minutes = _Amount(MINUTES_AT_ONCE, least=0)
        self._aircraft = _Amount(AIRCRAFT_AT_ONCE)
        self._hours = _Amount(HOURS_AT_ONCE)
        self._due_airports = _Amount(AIRPORTS_AT_ONCE)
        self._airports = FlightAirports()

    async def roll_up(self, connection: Connection) -> RolledUp:
        """Do a part of all that is due, the airports of flights that have just changed included."""
        return RolledUp(
            await self._do(connection, self._measure_all_flights, self._flights),
            await self.roll_up_minutes(connection),
            await self.roll_up_hours(connection),
            await self._do(connection, self._derive_all_airports, self._due_airports),
        )

    async def measure_flights(self, connection: Connection) -> int:
        """Measure some of the flights that are over and unchanged, and return how many."""
        return await self._do(connection, self._measure_flights, self._flights)

    async def roll_up_minutes(self, connection: Connection) -> int:
        """Roll up some of the minutes that are over, and return how many."""
        whole = await self._do(connection, self._roll_up_minutes, self._minutes)
        return whole + await self._do(connection, self._roll_up_aircraft, self._aircraft)

    async def roll_up_hours(self, connection: Connection) -> int:
        """Roll up some of the hours that are over, and return how many."""
        return await self._do(connection, self._roll_up_hours, self._hours)

    async def derive_airports(self, connection: Connection) -> int:
        """Derive the airports of some of the flights that are due, and return of how many."""
        return await self._do(connection, self._airports.derive_due, self._due_airports)

    async def _derive_all_airports(self, connection: Connection, amount: int) -> int:
        return await self._airports.derive_due(connection, amount, settled=dt.timedelta(0))

    async def _do(self, connection: Connection, part: _Part, amount: _Amount) -> int:
        """Do a part in a transaction of its own."""
        try:
            async with connection.transaction():
                if not await connection.fetchval(self._queries.try_maintenance_lock):
                    return 0
                await connection.execute(self._queries.plan_for_given_times)
                done = await part(connection, amount.present)
        except Exception as error:
            if blame(error) is Blame.AMOUNT:
                amount.halve()
            raise
        amount.grow()
        return done

    async def _measure_all_flights(self, connection: Connection, amount: int) -> int:
        return await self._measure_flights(connection, amount, settled=dt.timedelta(0))

    async def _measure_flights(
        self, connection: Connection, amount: int, *, settled: dt.timedelta = MEASURED_AFTER
    ) -> int:
        # One statement locks the flights; the next one then sees all rows that came before.
        over = await connection.fetch(self._queries.lock_dirty_flights, amount, settled)
        if over:
            await connection.execute(
                self._queries.measure_flights,
                [flight["icao24"] for flight in over],
                [flight["first_seen"] for flight in over],
            )
            unknown = [flight for flight in over if flight["airports_due"] is not None]
            await self._airports.derive_over(connection, unknown)
        return len(over)

    async def _roll_up_minutes(self, connection: Connection, amount: int) -> int:
        dirty = await connection.fetch(self._queries.dirty_minutes, max(1, amount))
        if dirty and amount == 0:
            # Not even one minute can be done at once, so its aircraft are done by themselves.
            await connection.execute(self._queries.divide_minute, dirty[0]["minute"])
        elif dirty:
            minutes: list[dt.datetime] = [row["minute"] for row in dirty]
            await self._make_parts(connection, minutes)
            await connection.execute(
                self._queries.roll_up_minutes, minutes, minutes[0], minutes[-1] + _MINUTE
            )
            await self._clear(connection, dirty)
        return len(dirty)

    async def _roll_up_aircraft(self, connection: Connection, amount: int) -> int:
        dirty = await connection.fetch(self._queries.dirty_aircraft, amount)
        if dirty:
            minutes: list[dt.datetime] = [row["minute"] for row in dirty]
            await self._make_parts(connection, minutes)
            await connection.execute(
                self._queries.roll_up_aircraft,
                minutes,
                [row["icao24"] for row in dirty],
                minutes[0],
                minutes[-1] + _MINUTE,
            )
            await self._clear(connection, dirty)
        return len(dirty)

    async def _make_parts(self, connection: Connection, minutes: list[dt.datetime]) -> None:
        days = sorted({minute.date() for minute in minutes})
        await connection.execute(self._queries.make_minutely_partitions, days)

    async def _clear(self, connection: Connection, dirty: list[Record]) -> None:
        """Delete the marks of minutes that were rolled up, and mark their hours."""
        minutes = [row["minute"] for row in dirty]
        await connection.execute(self._queries.mark_hours_dirty, minutes)
        marks = [mark for row in dirty for mark in row["ids"]]
        await connection.execute(self._queries.clear_dirty_minutes, marks)

    async def _roll_up_hours(self, connection: Connection, amount: int) -> int:
        dirty = await connection.fetch(self._queries.dirty_hours, amount)
        for row in dirty:
            await connection.execute(self._queries.roll_up_hour, row["hour"])
            await connection.execute(self._queries.clear_dirty_hour, row["hour"])
        return len(dirty)


async def mark_dirty(connection: Connection, queries: Queries, inserted: UniqueRows) -> None:
    """Mark the minutes of new rows to be rolled up, in the transaction that stores the rows.

    Of an hour that was counted already, only the aircraft of the rows are marked.
    """
    counted = await connection.fetch(queries.mark_minutes_dirty, inserted.minutes)
    if not counted:
        return
    late = {int(row["minute"].timestamp()) for row in counted}
    marks = {
        (minute, vector.icao24)
        for vector in inserted.state_vectors
        if (minute := vector.last_contact // 60 * 60) in late
    }
    minutes, icao24s = zip(*sorted(marks), strict=True)
    await connection.execute(queries.mark_aircraft_dirty, minutes, icao24s)
