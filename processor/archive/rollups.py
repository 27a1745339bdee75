"""Roll up minutes and hours, and measure flights that are over."""

import datetime as dt
from typing import NamedTuple

from processor.archive.database import Connection
from processor.archive.sql import Queries

FLIGHTS_AT_ONCE = 500
MINUTES_AT_ONCE = 30
HOURS_AT_ONCE = 24
"""Rows of one transaction, so that none takes longer than seconds."""


class RolledUp(NamedTuple):
    """How many flights, minutes and hours one transaction did; all zero when nothing is left."""

    flights: int = 0
    minutes: int = 0
    hours: int = 0


class Rollups:
    """Does what is due in small transactions; only one instance does at a time."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries

    async def roll_up(self, connection: Connection) -> RolledUp:
        """Do a part of what is due."""
        async with connection.transaction():
            if not await connection.fetchval(self._queries.try_maintenance_lock):
                return RolledUp()
            return RolledUp(
                await self._measure_flights(connection),
                await self._roll_up_minutes(connection),
                await self._roll_up_hours(connection),
            )

    async def _measure_flights(self, connection: Connection) -> int:
        # One statement locks the flights; the next one then sees all rows that came before.
        over = await connection.fetch(self._queries.lock_dirty_flights, FLIGHTS_AT_ONCE)
        if over:
            await connection.execute(
                self._queries.measure_flights,
                [flight["icao24"] for flight in over],
                [flight["first_seen"] for flight in over],
            )
        return len(over)

    async def _roll_up_minutes(self, connection: Connection) -> int:
        dirty = await connection.fetch(self._queries.dirty_minutes, MINUTES_AT_ONCE)
        if dirty:
            minutes: list[dt.datetime] = [row["minute"] for row in dirty]
            days = sorted({minute.date() for minute in minutes})
            await connection.execute(self._queries.make_minutely_partitions, days)
            await connection.execute(self._queries.roll_up_minutes, minutes)
            await connection.execute(self._queries.mark_hours_dirty, minutes)
            marks = [mark for row in dirty for mark in row["ids"]]
            await connection.execute(self._queries.clear_dirty_minutes, marks)
        return len(dirty)

    async def _roll_up_hours(self, connection: Connection) -> int:
        dirty = await connection.fetch(self._queries.dirty_hours, HOURS_AT_ONCE)
        for row in dirty:
            await connection.execute(self._queries.roll_up_hour, row["hour"])
            await connection.execute(self._queries.clear_dirty_hour, row["hour"])
        return len(dirty)
