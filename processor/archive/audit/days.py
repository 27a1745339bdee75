"""Audit day by day: the rows are those that were inserted, and what is derived agrees."""

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from processor.archive.audit.findings import Proof, Violation
from processor.archive.database import Connection
from processor.archive.progress import Progress
from processor.archive.sql import AuditQueries

_DAY = dt.timedelta(days=1)
_FIRST, _LAST = dt.date(1900, 1, 1), dt.date(9000, 1, 1)

_REBUILD = "`python -m processor rebuild` computes it again from the state vectors"


class Day(NamedTuple):
    """A UTC day that rows were ever inserted into.

    Attributes:
        is_known: Whether it is known which rows were inserted.
        is_whole: Whether retention has dropped all of the day's rows or none.
    """

    day: dt.date
    is_known: bool
    is_whole: bool

    @property
    def begin(self) -> dt.datetime:
        """The midnight at which the day begins."""
        return _midnight(self.day)

    @property
    def end(self) -> dt.datetime:
        """The midnight at which the day ends."""
        return _midnight(self.day + _DAY)


class Counted(NamedTuple):
    """The rows of a day, and how many of them are in minutes that are rolled up."""

    n_rows: int
    n_settled: int


class Days:
    """Compares each day in a transaction of its own, so that no lock is held for long."""

    def __init__(
        self,
        connection: Connection,
        queries: AuditQueries,
        progress: Progress,
        *,
        has_digests: bool,
    ) -> None:
        self._connection = connection
        self._queries = queries
        self._progress = progress
        self._has_digests = has_digests
        self._bounds: dict[str, dt.datetime] = {}

    async def check(self, proof: Proof) -> None:
        """Compare all days and add the result to the proof.

        Raises:
            Violation: Names the first day that does not agree.
        """
        # In one snapshot, so that a day which begins now is not taken for rows without an account.
        async with self._connection.transaction(isolation="repeatable_read", readonly=True):
            days = await self._days()
            self._bounds = dict(
                map(tuple, await self._connection.fetch(self._queries.retention_bounds))
            )
            await self._check_strays(days)
        unknown = []
        for n_done, day in enumerate(days, start=1):
            async with self._connection.transaction(isolation="repeatable_read", readonly=True):
                counted = await self._check_rows(day, proof)
                if counted.n_rows and not (day.is_known and day.is_whole):
                    unknown.append((day, counted.n_rows))
                await self._check_derived(day, counted, proof)
            self._progress(f"{day.day}: {counted.n_rows:,} rows compared", n_done / len(days))
        if unknown:
            await self._check_total()
        _name_unknown(unknown, proof)

    async def _days(self) -> list[Day]:
        bare = {row["day"] for row in await self._connection.fetch(self._queries.bare_days)}
        # Rows that were stored on a day may belong to the day before.
        bare |= {day - _DAY for day in bare}
        rows = await self._connection.fetch(self._queries.days)
        return [Day(day, is_known and day not in bare, whole) for day, is_known, whole in rows]

    async def _check_strays(self, days: list[Day]) -> None:
        for begin, end in _gaps(days):
            count = await self._connection.fetchval(self._queries.strays, begin, end)
            if count:
                raise Violation(
                    f"{count} rows are there between {begin:%Y-%m-%d} and {end:%Y-%m-%d}, none of"
                    " which was ever inserted"
                )

    async def _check_total(self) -> None:
        """Compare the number of all rows, where the rows of some days are not known."""
        if "state_vectors" not in self._bounds:
            [total] = await self._connection.fetch(self._queries.total)
            if total["n_rows"] != total["n_inserted"]:
                raise Violation(
                    f"{total['n_rows']} rows are there, {total['n_inserted']} in the ledger"
                )

    async def _check_rows(self, day: Day, proof: Proof) -> Counted:
        settled = await self._connection.fetchval(self._queries.settled, day.begin, day.end)
        [stored] = await self._connection.fetch(self._queries.stored, day.begin, day.end, settled)
        if day.is_known and day.is_whole:
            [expected] = await self._connection.fetch(self._queries.expected, day.day)
            if stored["n_rows"] != expected["n_rows"]:
                raise Violation(
                    f"{day.day}: {stored['n_rows']} rows are there, {expected['n_rows']} were"
                    " inserted and not dropped by retention"
                )
            if self._has_digests and stored["digest"] != expected["digest"]:
                raise Violation(
                    f"{day.day}: {stored['n_rows']} rows are there, as many as were inserted, but"
                    " not the same: the digests differ"
                )
            if stored["n_rows"]:
                proof.n_days += 1
                proof.n_rows += stored["n_rows"]
        return Counted(stored["n_rows"], stored["n_settled"])

    async def _check_derived(self, day: Day, counted: Counted, proof: Proof) -> None:
        if not counted.n_rows or self._is_before(day, "state_vectors"):
            return
        if not self._is_before(day, "minutely_state_vectors"):
            await self._check_minutes(day, counted.n_settled)
            if not self._is_before(day, "flight_legs"):
                await self._check_flights(day)
                proof.n_derived_days += 1

    def _is_before(self, day: Day, relation: str) -> bool:
        """Whether retention has deleted rows of that day from a table."""
        bound = self._bounds.get(relation)
        return bound is not None and day.begin < bound

    async def _check_minutes(self, day: Day, n_settled: int) -> None:
        settled = await self._connection.fetchval(self._queries.settled, day.begin, day.end)
        n_minutes = await self._connection.fetchval(self._queries.minutes, day.begin, settled)
        if n_minutes != n_settled:
            raise Violation(
                f"{day.day}: minutely_state_vectors counts {n_minutes} state vectors before"
                f" {settled:%H:%M}, where {n_settled} are stored. {_REBUILD}"
            )
        hour = await self._connection.fetchrow(self._queries.hours, day.begin, day.end)
        if hour is not None:
            raise Violation(
                f"{hour['hour']:%Y-%m-%d %H:00}: hourly_counts has {hour['n_hours']} state vectors,"
                f" minutely_state_vectors {hour['n_minutes']}. {_REBUILD}"
            )

    async def _check_flights(self, day: Day) -> None:
        seen = await self._connection.fetchrow(self._queries.without_flight, day.begin, day.end)
        if seen is not None:
            raise Violation(
                f"{seen['icao24']} was seen at {seen['last_contact']:%Y-%m-%d %H:%M:%S}, but is on"
                f" no flight of flight_legs then. {_REBUILD}"
            )


def _gaps(days: list[Day]) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """Yield the spans between the days, and those before the first and after the last."""
    begin = _midnight(_FIRST)
    for day in days:
        if begin < day.begin:
            yield begin, day.begin
        begin = day.end
    yield begin, _midnight(_LAST)


def _name_unknown(unknown: list[tuple[Day, int]], proof: Proof) -> None:
    for reason, chosen in (
        (
            "a version without digests stored rows of them",
            [one for one in unknown if one[0].is_whole],
        ),
        ("retention has dropped a part of them", [one for one in unknown if not one[0].is_whole]),
    ):
        if chosen:
            proof.not_compared.append(
                f"{sum(count for _, count in chosen)} rows of {len(chosen)} days from"
                f" {chosen[0][0].day} to {chosen[-1][0].day}: {reason}"
            )


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)
