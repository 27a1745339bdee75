"""Read stored state vectors in order of time, page by page, and divide them into ticks.

No transaction or cursor is held between two pages, so a slow subscriber blocks nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import NamedTuple

import msgspec

from processor.history.database import Connection, HistoryDatabase, Use
from processor.history.stored_rows import to_state_vectors
from processor.message import LogIdentity
from processor.named_sql import load_statements
from processor.stream.log_position import LogPosition, epoch_of
from telemetry.state_vector import StateVector

PAGE_ROWS = 5_000
"""Rows of one page, which a replay holds ahead of its subscriber: a few megabytes."""

UNSENT_PAGE_ROWS = 20_000
"""Rows of one page during the handover. It is larger because each of those statements looks at all
recent rows again."""

MIN_SLICE_SECONDS, MAX_SLICE_SECONDS = 8, 8 * 3600
"""Bounds of the event time that one statement covers. With statistics that do not know the newest
rows, the database would sort all rows that follow if no bound were given."""

MAX_TICK_SECONDS = 10
"""Event time that one tick covers at most; an expired aircraft is removed at most so much later."""

MIN_TICK_INTERVAL_SECONDS = 0.1
"""Time between two ticks of a fast replay: ten a second are as many as a subscriber can follow."""

MAX_TICK_STATE_VECTORS = 5_000
"""State vectors of one tick, unless one second alone has more. Encoding a tick blocks the event
loop, and so all other subscribers."""


class _ReplayStatements(NamedTuple):
    newest_before: str
    page_after: str
    unsent: str
    stored_offsets: str


class ReplayRows:
    """Reads the stored state vectors that replays send, and how far the log has been stored."""

    def __init__(self, database: HistoryDatabase, page_rows: int = PAGE_ROWS) -> None:
        self._database = database
        self.page_rows = page_rows
        self._statements = load_statements(
            Path(__file__).with_name("replay.sql"), _ReplayStatements
        )

    async def check(self) -> None:
        """Read something small, to find out whether the database answers.

        Raises:
            HistoryError: The history cannot be read.
        """
        async with self._database.reading(Use.REPLAYS) as connection:
            await connection.fetch(self._statements.stored_offsets)

    async def stored_position(self, log: LogPosition) -> LogPosition | None:
        """Return how far the log has been stored; None if the archive does not store this log.

        Args:
            log: Any position of the log in question.

        Raises:
            HistoryError: The history cannot be read.
        """
        async with self._database.reading(Use.REPLAYS) as connection:
            return await self._stored_position(connection, log)

    async def newest_before(self, second: int, max_age_seconds: int) -> list[StateVector]:
        """Return the newest state vector of each aircraft received shortly before a second (Unix).

        Raises:
            HistoryError: The history cannot be read.
        """
        async with self._database.reading(Use.REPLAYS) as connection:
            rows = await connection.fetch(
                self._statements.newest_before, second - max_age_seconds, second
            )
        return to_state_vectors(rows)

    async def page_after(self, second: int, icao24: str, end: int) -> list[StateVector]:
        """Return the page that follows one aircraft's state vector of a second, before the end.

        Raises:
            HistoryError: The history cannot be read.
        """
        async with self._database.reading(Use.REPLAYS) as connection:
            rows = await connection.fetch(
                self._statements.page_after, second, icao24, end, self.page_rows
            )
        return to_state_vectors(rows)

    async def unsent(
        self, log: LogPosition, start: int, newest_sent: Mapping[str, int]
    ) -> tuple[list[StateVector], LogPosition] | None:
        """Return a page of stored state vectors that were not sent to a subscriber, oldest first.

        Args:
            log: The position up to which the log must have been stored.
            start: Older state vectors were all sent (Unix seconds).
            newest_sent: The newest last_contact of each aircraft that the subscriber has received.

        Returns:
            The state vectors, and how far the log was stored when they were read; None if it has
            not been stored up to `log` yet.

        Raises:
            HistoryError: The history cannot be read.
        """
        async with self._database.reading(Use.REPLAYS) as connection:
            stored = await self._stored_position(connection, log)
            if stored is None or not log.is_within(stored):
                return None
            rows = await connection.fetch(
                self._statements.unsent,
                start,
                list(newest_sent),
                list(newest_sent.values()),
                UNSENT_PAGE_ROWS,
            )
        return to_state_vectors(rows), stored

    async def _stored_position(
        self, connection: Connection, log: LogPosition
    ) -> LogPosition | None:
        rows = await connection.fetch(self._statements.stored_offsets)
        partitions = range(len(log.offsets))
        for (cluster_id, topic, topic_id), found in groupby(rows, key=itemgetter(0, 1, 2)):
            offsets = {row[3]: row[4] for row in found}
            epoch = epoch_of(LogIdentity(cluster_id, topic, topic_id, len(partitions)))
            if epoch == log.epoch and offsets.keys() >= set(partitions):
                return LogPosition(epoch, tuple(offsets[number] for number in partitions))
        return None


class PageReader:
    """Reads all stored state vectors of a time range, page by page.

    Attributes:
        is_at_end: Whether all pages have been read.
    """

    def __init__(self, rows: ReplayRows, start: int, end: int) -> None:
        self.is_at_end = False
        self._rows = rows
        self._second, self._icao24 = start, ""
        self._end = end
        self._slice_seconds = MIN_SLICE_SECONDS

    async def next_page(self) -> list[StateVector]:
        """Return the state vectors that follow, in order; none for a slice of time without any.

        Raises:
            HistoryError: The history cannot be read. The next call tries the same page again.
        """
        until = min(self._second + self._slice_seconds, self._end)
        found = await self._rows.page_after(self._second, self._icao24, until)
        page_rows = self._rows.page_rows
        if len(found) == page_rows:
            self._second, self._icao24 = found[-1].last_contact, found[-1].icao24
            self._slice_seconds = max(MIN_SLICE_SECONDS, self._slice_seconds // 2)
        else:
            self._second, self._icao24 = until, ""
            self.is_at_end = until >= self._end
            if len(found) < page_rows // 4:
                self._slice_seconds = min(MAX_SLICE_SECONDS, self._slice_seconds * 2)
        return found


class TickRows(msgspec.Struct, frozen=True):
    """The state vectors of one tick of a replay, at most one of each aircraft.

    Attributes:
        start: The second of the first state vector (Unix).
        end: The second after the last one. A tick never ends within a second.
    """

    start: int
    end: int
    state_vectors: list[StateVector]


class TickDivider:
    """Divides state vectors into ticks in which no aircraft appears twice, so that none is skipped.

    Args:
        max_seconds: The event time that one tick covers at most.
    """

    def __init__(self, max_seconds: int = 1) -> None:
        self._max_seconds = max_seconds
        self._second: list[StateVector] = []
        self._tick: list[StateVector] = []
        self._icao24s: set[str] = set()

    def add(self, state_vectors: Iterable[StateVector]) -> Iterator[TickRows]:
        """Take a page in order of last_contact, and yield the ticks that it completes."""
        for last_contact, found in groupby(state_vectors, key=attrgetter("last_contact")):
            if self._second and self._second[0].last_contact != last_contact:
                yield from self._end_second()
            self._second += found

    def end(self) -> Iterator[TickRows]:
        """Yield the last ticks, after the last page."""
        yield from self._end_second()
        yield from self._end_tick()

    def _end_second(self) -> Iterator[TickRows]:
        second, self._second = self._second, []
        icao24s = {state.icao24 for state in second}
        if second and self._tick and not self._fits(second, icao24s):
            yield from self._end_tick()
        self._tick += second
        self._icao24s |= icao24s

    def _fits(self, second: list[StateVector], icao24s: set[str]) -> bool:
        return (
            second[0].last_contact < self._tick[0].last_contact + self._max_seconds
            and len(second) + len(self._tick) <= MAX_TICK_STATE_VECTORS
            and self._icao24s.isdisjoint(icao24s)
        )

    def _end_tick(self) -> Iterator[TickRows]:
        tick, self._tick, self._icao24s = self._tick, [], set()
        if tick:
            yield TickRows(tick[0].last_contact, tick[-1].last_contact + 1, tick)


def tick_seconds(speed: float | None) -> int:
    """Return the event time that one tick covers at this speed; None is as fast as possible."""
    if speed is None:
        return MAX_TICK_SECONDS
    return min(MAX_TICK_SECONDS, max(1, int(speed * MIN_TICK_INTERVAL_SECONDS)))
