"""Read the tracks of several aircraft for one answer, with a bound on all of them together."""

import datetime as dt
from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from processor.history.area_restriction import Boxes
from processor.history.database import Connection, Record
from processor.history.errors import TooLargeError
from processor.history.flights import FlightFilter, read_last, read_page
from processor.history.queries import HistoryStatements
from processor.history.tracks import TrackPoint, TrackReader, find_implausible, make_track
from processor.history.window import Window

FIELDS = (
    "last_contact",
    "time_position",
    "longitude",
    "latitude",
    "baro_altitude",
    "geo_altitude",
    "velocity",
    "on_ground",
    "implausible",
)
"""The fields of a point, in the order of its values: those that a map and a profile need."""

Point: TypeAlias = list[int | float | bool | None]


class OneTrack(msgspec.Struct, frozen=True):
    """The track of one aircraft.

    Attributes:
        start: The beginning of the time range (Unix seconds).
        end: Its end (Unix seconds).
        received: The number of state vectors before downsampling; where minutes are read, of those.
        states: The points in order of time, each with the values of the answer's `fields`.
    """

    icao24: str
    start: int = msgspec.field(name="from")
    end: int = msgspec.field(name="to")
    received: int
    states: list[Point]


class SeveralTracks(msgspec.Struct, frozen=True):
    """The tracks of several aircraft, in the order in which they were requested.

    Attributes:
        fields: The names of the values of each point.
        without: The aircraft for which nothing is stored in the time range.
    """

    fields: tuple[str, ...]
    tracks: list[OneTrack]
    without: list[str]


class TrackRows(msgspec.Struct, frozen=True):
    """The stored rows of a track; none are left of an aircraft for which nothing is stored."""

    icao24: str
    window: Window
    rows: list[Record]
    implausible: frozenset[int]


class SeveralTracksReader:
    """Reads the tracks of several aircraft one after the other.

    Args:
        connection: A connection to the history.
        statements: Its SQL statements.
        max_rows: The most rows of all tracks together.
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
        self._connection = connection
        self._statements = statements
        self._max_rows = max_rows
        self._areas = areas

    async def read_range(self, icao24s: Sequence[str], window: Window) -> list[TrackRows]:
        """Return the rows of each aircraft in a time range.

        Raises:
            TooLargeError: All together are more than the limit.
        """
        return await self._read([(icao24, window) for icao24 in icao24s])

    async def read_flights(
        self, icao24s: Sequence[str], moment: dt.datetime | None
    ) -> list[TrackRows]:
        """Return the rows of the flight that each aircraft was on at a moment.

        Args:
            icao24s: The aircraft.
            moment: None for the current or else the last flight.

        Raises:
            TooLargeError: All together are more than the limit.
        """
        return await self._read([(one, await self._flight(one, moment)) for one in icao24s])

    async def _flight(self, icao24: str, moment: dt.datetime | None) -> Window | None:
        if moment is None:
            flight = await read_last(self._connection, self._statements, icao24, areas=self._areas)
            return None if flight is None else flight.window
        wanted = FlightFilter(
            icao24=icao24,
            window=Window(moment, moment),
            include_ground=True,
            boxes=self._areas,
            areas=self._areas,
        )
        page = await read_page(self._connection, self._statements, wanted, rows=1)
        return page.flights[0].window if page.flights else None

    async def _read(self, wanted: Sequence[tuple[str, Window | None]]) -> list[TrackRows]:
        found: list[TrackRows] = []
        room = self._max_rows
        for icao24, window in wanted:
            if window is None:
                continue
            rows = await self._rows(icao24, window, room)
            implausible = await find_implausible(self._connection, self._statements, rows)
            found.append(TrackRows(icao24, window, rows, implausible))
            room -= len(rows)
        return found

    async def _rows(self, icao24: str, window: Window, room: int) -> list[Record]:
        reader = TrackReader(self._connection, self._statements, max_rows=room, areas=self._areas)
        # Whether a minute has a row inside the areas depends on what was received outside.
        read = reader.read_by_minute if self._areas is None else reader.read
        try:
            return await read(icao24, window)
        except TooLargeError:
            raise TooLargeError(
                f"the tracks have more than {self._max_rows} points together: request fewer"
                " aircraft or a shorter time range"
            ) from None


def make_several_tracks(
    icao24s: Sequence[str], found: Sequence[TrackRows], *, max_points: int
) -> SeveralTracks:
    """Return the answer, each track with at most so many points."""
    tracks = [_one_track(rows, max_points) for rows in found if rows.rows]
    stored = {track.icao24 for track in tracks}
    return SeveralTracks(FIELDS, tracks, [one for one in icao24s if one not in stored])


def _one_track(found: TrackRows, max_points: int) -> OneTrack:
    track = make_track(
        found.icao24,
        found.window,
        found.rows,
        implausible=found.implausible,
        max_points=max_points,
    )
    points = [_point(state) for state in track.states]
    return OneTrack(track.icao24, track.start, track.end, track.received, points)


def _point(state: TrackPoint) -> Point:
    return [getattr(state, name) for name in FIELDS]
