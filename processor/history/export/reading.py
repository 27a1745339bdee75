"""Read state vectors of many days page by page, in an order that an index provides."""

import datetime as dt
from bisect import bisect_right
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import msgspec

from processor.archive.flights.segmentation import DetectedFlight
from processor.history.area_restriction import Boxes, box_columns
from processor.history.database import Connection, HistoryDatabase, Record, Use
from processor.history.export.table import Row
from processor.history.window import Window
from processor.named_sql import load_statements

PAGE_ROWS = 2_000
"""Rows that are fetched at once: the event loop decodes them in some 10 ms."""

STEP = dt.timedelta(hours=1)
"""The time that one statement covers: none takes long, however few rows lie in the boxes, and none
sorts many rows."""

Pages: TypeAlias = AsyncGenerator[Sequence[Row], None]


class ExportStatements(NamedTuple):
    """All SQL statements of exports."""

    avoid_sorting: str
    by_time: str
    one_aircraft: str
    received_aircraft: str
    implausible: str
    flights: str


STATEMENTS = load_statements(Path(__file__).with_name("exports.sql"), ExportStatements)


class StateVectorSelection(msgspec.Struct, frozen=True):
    """The state vectors of an export.

    Attributes:
        window: Their time range.
        boxes: The boxes that hold their positions; None selects all, also those without a position.
        icao24s: The addresses of their aircraft; empty for all aircraft.
        with_flights: Whether rows that are read by aircraft have `flight`, the stored flight that
            they belong to. A principal with areas may not know it.
    """

    window: Window
    boxes: Boxes = None
    icao24s: tuple[str, ...] = ()
    with_flights: bool = False

    @property
    def until(self) -> dt.datetime:
        """The first moment after the time range, which includes its end."""
        return self.window.end + dt.timedelta.resolution

    def steps(self) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        """Yield the start and the end (excluded) of each step of the time range."""
        start = self.window.start
        while start < self.until:
            yield start, min(start + STEP, self.until)
            start += STEP


async def read_pages(
    database: HistoryDatabase, selection: StateVectorSelection, *, by_aircraft: bool
) -> Pages:
    """Yield pages of rows.

    Args:
        database: Gives the connection.
        selection: The state vectors to read.
        by_aircraft: Whether to sort by aircraft and then by time, not the other way round. An index
            provides this order for a few aircraft; for all of them it costs twice as much.

    Raises:
        RetryLaterError: The database does not answer, or all connections are in use.
        TooLargeError: A statement took longer than allowed, though none covers more than an hour,
            or more than one aircraft.
    """
    async with database.reading(Use.EXPORTS) as connection:
        await connection.execute(STATEMENTS.avoid_sorting)
        read = _by_aircraft if by_aircraft else _by_time
        async with aclosing(read(connection, selection)) as pages:
            waiting: list[Row] = []
            async for page in pages:
                waiting += page
                if len(waiting) >= PAGE_ROWS:
                    yield waiting
                    waiting = []
            if waiting:
                yield waiting


async def read_track(
    database: HistoryDatabase, icao24: str, window: Window, boxes: Boxes
) -> AsyncGenerator[Sequence[Row], None]:
    """Yield pages of the state vectors of one aircraft by time, with the columns of `TRACK`.

    Without boxes, which are a principal's areas, rows have `flight` too.

    Raises:
        RetryLaterError: The database does not answer, or all connections are in use.
        TooLargeError: A statement took longer than allowed.
    """
    selection = StateVectorSelection(window, boxes, (icao24,), with_flights=boxes is None)
    async with database.reading(Use.EXPORTS) as connection:
        await connection.execute(STATEMENTS.avoid_sorting)
        # Judged by all positions of the time range, but only those inside the boxes: the principal
        # must not learn anything from others.
        found = await connection.fetch(
            STATEMENTS.implausible,
            *(selection.window.start, selection.until, icao24),
            *box_columns(boxes),
        )
        implausible = {row["last_contact"] for row in found}
        async with aclosing(_by_aircraft(connection, selection)) as pages:
            async for page in pages:
                yield [
                    dict(row) | {"implausible": row["last_contact"] in implausible} for row in page
                ]


async def _by_time(connection: Connection, selection: StateVectorSelection) -> Pages:
    boxes = box_columns(selection.boxes)
    for start, end in selection.steps():
        async for page in _pages(connection, STATEMENTS.by_time, start, end, *boxes):
            yield page


async def _by_aircraft(connection: Connection, selection: StateVectorSelection) -> Pages:
    window = (selection.window.start, selection.until)
    boxes = box_columns(selection.boxes)
    for icao24 in sorted(selection.icao24s or await _received(connection, selection)):
        flights: Sequence[Record] = ()
        if selection.with_flights:
            flights = await connection.fetch(STATEMENTS.flights, icao24, *window)
        async for page in _pages(connection, STATEMENTS.one_aircraft, *window, *boxes, icao24):
            yield list(_add_flights(page, flights)) if selection.with_flights else page


def _add_flights(page: Sequence[Row], flights: Sequence[Record]) -> Iterator[dict[str, Any]]:
    """Yield rows of one aircraft, each with its flight; None where it has expired."""
    starts = [flight["first_seen"] for flight in flights]
    detected = [_detected(flight) for flight in flights]
    for row in page:
        index = bisect_right(starts, row["last_contact"]) - 1
        is_covered = index >= 0 and row["last_contact"] < flights[index]["ends_before"]
        yield dict(row) | {"flight": detected[index] if is_covered else None}


def _detected(flight: Record) -> DetectedFlight:
    return DetectedFlight(
        int(flight["first_seen"].timestamp()), flight["callsign"], flight["origin_country"]
    )


async def _received(connection: Connection, selection: StateVectorSelection) -> set[str]:
    found: set[str] = set()
    for start, end in selection.steps():
        found.update(
            row[0] for row in await connection.fetch(STATEMENTS.received_aircraft, start, end)
        )
    return found


async def _pages(connection: Connection, statement: str, *arguments: Any) -> Pages:  # noqa: ANN401 - of the statement
    # Rolling the savepoint back closes the cursor, which would otherwise stay open until the
    # transaction ends. (Iterating over a cursor closes it too, but blocks the event loop longer.)
    savepoint = connection.transaction()
    await savepoint.start()
    cursor = await connection.cursor(statement, *arguments)
    while page := await cursor.fetch(PAGE_ROWS):
        yield page
    await savepoint.rollback()
