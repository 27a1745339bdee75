"""Read the density of traffic: how many minutes of aircraft each cell of a grid has."""

import datetime as dt
from typing import TypeAlias

import msgspec

from processor.history.area_restriction import Boxes, box_columns
from processor.history.database import Connection
from processor.history.errors import TooLargeError
from processor.history.queries import HistoryStatements
from processor.history.window import Window

LONGEST = dt.timedelta(days=1)
"""The longest time range of one answer."""

CELL_DEGREES = (0.5, 1.0, 2.0, 5.0)
"""The sides of a cell that may be requested: each divides 180 degrees evenly."""


Cell: TypeAlias = list[int | float]
"""A cell of the grid: its western edge in degrees, from -180 to below 180, its southern edge, from
-90 to below 90, and the minutes in which an aircraft was last received in it, of all aircraft
together: two aircraft for five minutes are 10."""


class Density(msgspec.Struct, frozen=True):
    """The density of a time range.

    Attributes:
        start: The beginning of the time range (Unix seconds).
        end: Its end (Unix seconds).
        cell: The side of a cell in degrees.
        cells: The cells with traffic, those with the most first.
    """

    start: int = msgspec.field(name="from")
    end: int = msgspec.field(name="to")
    cell: float
    cells: list[Cell]


async def read_density(
    connection: Connection,
    statements: HistoryStatements,
    window: Window,
    *,
    cell: float,
    include_ground: bool,
    boxes: Boxes,
    max_rows: int,
) -> Density:
    """Return how many minutes of aircraft each cell has in a time range.

    Args:
        connection: A connection to the history.
        statements: Its SQL statements.
        window: The time range; where the minutes have expired there are no cells.
        cell: The side of a cell in degrees, one of CELL_DEGREES.
        include_ground: Whether aircraft on the ground count.
        boxes: The areas of the principal; only positions inside them count.
        max_rows: The most cells of an answer.

    Raises:
        TooLargeError: There are more cells than that.
    """
    arguments = (window.start, window.end, cell, include_ground, max_rows + 1)
    if boxes is None:
        rows = await connection.fetch(statements.density, *arguments)
    else:
        rows = await connection.fetch(statements.density_within, *arguments, *box_columns(boxes))
    if len(rows) > max_rows:
        raise TooLargeError(
            f"there was traffic in more than {max_rows} cells of {cell:g} degrees"
            " (history.max_rows): choose larger cells"
        )
    start, end = (int(moment.timestamp()) for moment in (window.start, window.end))
    return Density(start, end, cell, [list(row) for row in rows])


def window_of_day(day: dt.date) -> Window:
    """Return the time range of a UTC day."""
    start = dt.datetime.combine(day, dt.time(), dt.UTC)
    return Window(start, start + dt.timedelta(days=1, microseconds=-1))
