"""State vectors of days, read a page at a time, in an order that an index has."""

import datetime as dt
from bisect import bisect_right
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import msgspec

from processor.archive.flights.segmentation import DetectedFlight
from processor.history.area_restriction import Places, box_columns
from processor.history.database import Connection, HistoryDatabase, Record, Use
from processor.history.export.table import Row
from processor.history.window import Window
from processor.named_sql import load_statements

PAGE_ROWS = 2_000
"""Rows that are fetched at once: what the event loop decodes in some 10 ms."""

STEP = dt.timedelta(hours=1)
"""Of a statement, so that none is slow, however few rows of its time pass, and none sorts much."""


Pages: TypeAlias = AsyncGenerator[Sequence[Row], None]


class Statements(NamedTuple):
    """Every statement of an export."""

    avoid_sorting: str
    of_time: str
    of_aircraft: str
    received: str
    implausible: str
    flights: str


STATEMENTS = load_statements(Path(__file__).with_name("exports.sql"), Statements)


class Selection(msgspec.Struct, frozen=True):
    """Which state vectors.

    Attributes:
        window: When.
        places: Where; None is everywhere, also without a position.
        icao24s: The aircraft; an empty tuple selects all.
        with_flights: Whether rows that are read by aircraft have `flight`, the stored flight that
            they belong to. A principal with areas may not know it.
    """

    window: Window
    places: Places = None
    icao24s: tuple[str, ...] = ()
    with_flights: bool = False

    @property
    def until(self) -> dt.datetime:
        """The moment behind the window, whose end belongs to it."""
        return self.window.end + dt.timedelta.resolution

    def steps(self) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        """Divide the time, each step up to, without, its end."""
        start = self.window.start
        while start < self.until:
            yield start, min(start + STEP, self.until)
            start += STEP


async def read_pages(
    database: HistoryDatabase, selection: Selection, *, by_aircraft: bool
) -> Pages:
    """Read by time and then by aircraft, or `by_aircraft`: by aircraft and then by time.

    The latter is what an index has for a few; of the whole world it costs twice as much.

    Raises:
        UnavailableError: The database does not answer, or too many ask at once.
        TooMuchError: A statement took longer than allowed; none is of more than an hour, or of
            more than one aircraft.
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
    database: HistoryDatabase, icao24: str, window: Window, places: Places
) -> AsyncGenerator[Sequence[Row], None]:
    """Read the state vectors of one aircraft by time, with the columns of `TRACK`.

    Without places, which are a principal's areas, rows have `flight` too.

    Raises:
        UnavailableError: The database does not answer, or too many ask at once.
        TooMuchError: A statement took longer than allowed.
    """
    selection = Selection(window, places, (icao24,), with_flights=places is None)
    async with database.reading(Use.EXPORTS) as connection:
        await connection.execute(STATEMENTS.avoid_sorting)
        # Looked for within all of the window, but not beyond the places, of which nothing is known.
        found = await connection.fetch(
            STATEMENTS.implausible,
            *(selection.window.start, selection.until, icao24),
            *box_columns(places),
        )
        implausible = {row["last_contact"] for row in found}
        async with aclosing(_by_aircraft(connection, selection)) as pages:
            async for page in pages:
                yield [
                    dict(row) | {"implausible": row["last_contact"] in implausible} for row in page
                ]


async def _by_time(connection: Connection, selection: Selection) -> Pages:
    boxes = box_columns(selection.places)
    for start, end in selection.steps():
        async for page in _pages(connection, STATEMENTS.of_time, start, end, *boxes):
            yield page


async def _by_aircraft(connection: Connection, selection: Selection) -> Pages:
    window = (selection.window.start, selection.until)
    boxes = box_columns(selection.places)
    for icao24 in sorted(selection.icao24s or await _received(connection, selection)):
        flights: Sequence[Record] = ()
        if selection.with_flights:
            flights = await connection.fetch(STATEMENTS.flights, icao24, *window)
        async for page in _pages(connection, STATEMENTS.of_aircraft, *window, *boxes, icao24):
            yield list(_add_flights(page, flights)) if selection.with_flights else page


def _add_flights(page: Sequence[Row], flights: Sequence[Record]) -> Iterator[dict[str, Any]]:
    """Yield rows of one aircraft, each with its flight; None where it has expired."""
    starts = [flight["first_seen"] for flight in flights]
    detected = [_detected(flight) for flight in flights]
    for row in page:
        index = bisect_right(starts, row["last_contact"]) - 1
        flight = detected[index] if index >= 0 else None
        if flight is not None and (ends_before := flights[index]["ends_before"]) is not None:
            flight = flight if row["last_contact"] < ends_before else None
        yield dict(row) | {"flight": flight}


def _detected(flight: Record) -> DetectedFlight:
    return DetectedFlight(
        int(flight["first_seen"].timestamp()), flight["callsign"], flight["origin_country"]
    )


async def _received(connection: Connection, selection: Selection) -> set[str]:
    found: set[str] = set()
    for start, end in selection.steps():
        found.update(row[0] for row in await connection.fetch(STATEMENTS.received, start, end))
    return found


async def _pages(connection: Connection, statement: str, *arguments: Any) -> Pages:  # noqa: ANN401 - of the statement
    # Rolled back, a savepoint takes its cursor with it, which else stays until all is read. (One
    # that is iterated over closes itself, and costs the event loop more than all else.)
    savepoint = connection.transaction()
    await savepoint.start()
    cursor = await connection.cursor(statement, *arguments)
    while page := await cursor.fetch(PAGE_ROWS):
        yield page
    await savepoint.rollback()
