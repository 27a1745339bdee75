"""Read tracks: the state vectors of one aircraft in a time range."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence

import msgspec
from msgspec.structs import asdict

from processor.history.area_restriction import Boxes, box_columns
from processor.history.database import Connection, Record
from processor.history.downsampling import downsample, spread
from processor.history.errors import TooLargeError
from processor.history.queries import HistoryStatements
from processor.history.stored_rows import to_state_vectors
from processor.history.window import Window
from telemetry.state_vector import StateVector

IMPLAUSIBLE_SHARE = 10
"""At most one in so many points of a downsampled track is implausible: enough to show outliers."""


class TrackPoint(StateVector, frozen=True, gc=False):
    """A state vector of a track.

    Attributes:
        implausible: Whether no aircraft can have flown to this position and on from it. A map
            leaves it out of the line.
    """

    implausible: bool


class Track(msgspec.Struct, frozen=True):
    """The state vectors of an aircraft, in order of time.

    Attributes:
        start: The beginning of the time range (Unix seconds).
        end: Its end (Unix seconds).
        received: The number of state vectors before downsampling.
    """

    icao24: str
    start: int = msgspec.field(name="from")
    end: int = msgspec.field(name="to")
    received: int
    states: list[TrackPoint]


class TrackReader:
    """Reads the state vectors of one aircraft, up to a limit that fits into memory.

    Args:
        connection: A connection to the history.
        statements: Its SQL statements.
        max_rows: The most state vectors that are read.
        areas: The areas of the principal; nothing outside them is read or counted.
    """

    def __init__(
        self,
        connection: Connection,
        statements: HistoryStatements,
        *,
        max_rows: int,
        areas: Boxes = None,
    ) -> None:
        self._boxes = box_columns(areas)
        self._connection = connection
        self._statements = statements
        self._max_rows = max_rows

    async def read(self, icao24: str, window: Window) -> list[Record]:
        """Return all rows of a time range; one for each minute where only those are still stored.

        Raises:
            TooLargeError: There are more rows than the limit.
        """
        kept = await self._fetch(self._statements.track, icao24, window.start, window.end)
        # Before the first of them, only the rows by minute are still stored.
        end = _moment(kept[0]["last_contact"] - 1) if kept else window.end
        older = await self._fetch(self._statements.track_by_minute, icao24, window.start, end)
        return self._bounded([*older, *kept])

    async def read_for_downsampling(self, icao24: str, window: Window) -> list[Record]:
        """Return all rows of a time range, or fewer for a track that is to be downsampled anyway.

        Where all rows are more than the limit, these are the last row of each minute, and all rows
        before the first and after the last minute.

        Raises:
            TooLargeError: There are more rows than the limit all the same.
        """
        try:
            return await self.read(icao24, window)
        except TooLargeError:
            return await self.read_by_minute(icao24, window)

    async def read_by_minute(self, icao24: str, window: Window) -> list[Record]:
        """Return the last row of each minute, and all rows before the first and after the last.

        Raises:
            TooLargeError: There are more rows than the limit.
        """
        minutes = await self._fetch(
            self._statements.track_by_minute, icao24, window.start, window.end
        )
        if not minutes:
            return await self.read(icao24, window)
        first = await self._fetch(
            self._statements.track, icao24, window.start, _moment(minutes[0]["last_contact"] - 1)
        )
        # The table of minutes is some minutes behind.
        since = await self._fetch(
            self._statements.track, icao24, _moment(minutes[-1]["last_contact"] + 1), window.end
        )
        return self._bounded([*first, *minutes, *since])

    async def _fetch(
        self, statement: str, icao24: str, start: dt.datetime, end: dt.datetime
    ) -> list[Record]:
        return await self._connection.fetch(
            statement, icao24, start, end, self._max_rows + 1, *self._boxes
        )

    def _bounded(self, found: list[Record]) -> list[Record]:
        if len(found) > self._max_rows:
            raise TooLargeError(
                f"there are more than {self._max_rows} state vectors between from and to: choose"
                " a shorter time range, set max_points, or choose another format than json, which"
                " has no such limit"
            )
        return found


async def find_implausible(
    connection: Connection, statements: HistoryStatements, rows: Sequence[Record]
) -> frozenset[int]:
    """Return the last_contact (Unix seconds) of rows whose position no aircraft can have flown to.

    Args:
        connection: A connection to the history.
        statements: Its SQL statements.
        rows: The rows of one aircraft, in order of time.
    """
    with_position = [
        row for row in rows if row["latitude"] is not None and row["longitude"] is not None
    ]
    parts = await connection.fetchval(
        statements.plausible_parts,
        [row["time_position"] or row["last_contact"] for row in with_position],
        [row["longitude"] for row in with_position],
        [row["latitude"] for row in with_position],
    )
    return frozenset(
        row["last_contact"] for row, part in zip(with_position, parts, strict=True) if part is None
    )


def make_track(
    icao24: str,
    window: Window,
    rows: Iterable[Record],
    *,
    implausible: Collection[int],
    max_points: int | None,
) -> Track:
    """Return a track whose implausible points are marked, with at most so many points."""
    received = to_state_vectors(rows)
    states = received if max_points is None else _downsampled(received, implausible, max_points)
    points = [
        TrackPoint(**asdict(state), implausible=state.last_contact in implausible)
        for state in states
    ]
    return Track(icao24, _seconds(window.start), _seconds(window.end), len(received), points)


def _downsampled(
    states: list[StateVector], implausible: Collection[int], max_points: int
) -> list[StateVector]:
    """Downsample plausible points by themselves: outliers would look more important than turns."""
    plausible = [state for state in states if state.last_contact not in implausible]
    others = [state for state in states if state.last_contact in implausible]
    room = min(len(others), max_points // IMPLAUSIBLE_SHARE)
    kept = [*downsample(plausible, max_points - room), *spread(others, room)]
    return sorted(kept, key=lambda state: state.last_contact)


def _seconds(moment: dt.datetime) -> int:
    return int(moment.timestamp())


def _moment(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
