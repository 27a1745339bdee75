"""Tracks: the state vectors of one aircraft in a span of time."""

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
"""Of the points of a thinned track one in so many may be implausible: enough to mark them."""


class TrackPoint(StateVector, frozen=True, gc=False):
    """A state vector of a track.

    Attributes:
        implausible: Whether no aircraft can have flown to the position and on from it: it belongs
            to no line.
    """

    implausible: bool


class Track(msgspec.Struct, frozen=True):
    """What was received of an aircraft, in order of time.

    Attributes:
        start: Unix seconds, as the end.
        received: State vectors before thinning.
    """

    icao24: str
    start: int = msgspec.field(name="from")
    end: int = msgspec.field(name="to")
    received: int
    states: list[TrackPoint]


class TrackReader:
    """Reads state vectors of one aircraft, no more than may be in memory.

    Args:
        areas: Inside which alone anything is read, so that nothing else counts either.
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
        """Return all of a window; by the minute where that is all that is kept.

        Raises:
            TooLargeError: There are more than may be.
        """
        kept = await self._fetch(self._statements.track, icao24, window.start, window.end)
        # A minute before all that is kept has outlived its state vectors.
        end = _moment(kept[0]["last_contact"] - 1) if kept else window.end
        older = await self._fetch(self._statements.track_by_minute, icao24, window.start, end)
        return self._bounded([*older, *kept])

    async def read_for_downsampling(self, icao24: str, window: Window) -> list[Record]:
        """Return the same, or where it is too much, its ends and the last of each minute.

        Raises:
            TooLargeError: There are more than may be all the same.
        """
        try:
            return await self.read(icao24, window)
        except TooLargeError:
            minutes = await self._fetch(
                self._statements.track_by_minute, icao24, window.start, window.end
            )
            if not minutes:
                raise
        first = await self._fetch(
            self._statements.track, icao24, window.start, _moment(minutes[0]["last_contact"] - 1)
        )
        # The minutes are some minutes behind.
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
                f"there are more than {self._max_rows} state vectors between from and to: ask for"
                " a shorter time, for max_points, or for a format other than json, which has no"
                " such limit"
            )
        return found


async def find_implausible(
    connection: Connection, statements: HistoryStatements, rows: Sequence[Record]
) -> frozenset[int]:
    """Return the last_contact (Unix seconds) of those whose position no aircraft can have flown to.

    Args:
        connection: Where the rows come from.
        statements: The statements.
        rows: Of one aircraft, in order of time.
    """
    placed = [row for row in rows if row["latitude"] is not None and row["longitude"] is not None]
    parts = await connection.fetchval(
        statements.plausible_parts,
        [row["time_position"] or row["last_contact"] for row in placed],
        [row["longitude"] for row in placed],
        [row["latitude"] for row in placed],
    )
    return frozenset(
        row["last_contact"] for row, part in zip(placed, parts, strict=True) if part is None
    )


def make_track(
    icao24: str,
    window: Window,
    rows: Iterable[Record],
    *,
    implausible: Collection[int],
    max_points: int | None,
) -> Track:
    """Mark what is implausible, and thin the track."""
    visible = to_state_vectors(rows)
    states = visible if max_points is None else _downsampled(visible, implausible, max_points)
    points = [
        TrackPoint(**asdict(state), implausible=state.last_contact in implausible)
        for state in states
    ]
    return Track(icao24, _seconds(window.start), _seconds(window.end), len(visible), points)


def _downsampled(
    states: list[StateVector], implausible: Collection[int], max_points: int
) -> list[StateVector]:
    """Thin the plausible ones by themselves: an outlier would leave no room for the track."""
    plausible = [state for state in states if state.last_contact not in implausible]
    others = [state for state in states if state.last_contact in implausible]
    room = min(len(others), max_points // IMPLAUSIBLE_SHARE)
    kept = [*downsample(plausible, max_points - room), *spread(others, room)]
    return sorted(kept, key=lambda state: state.last_contact)


def _seconds(moment: dt.datetime) -> int:
    return int(moment.timestamp())


def _moment(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
