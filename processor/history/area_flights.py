"""The flights that a principal with areas may know: segmented from the state vectors inside them.

The stored flights cannot be used, because they depend on what aircraft did outside of the areas.
The rules are the same (`processor.archive.flights.segmentation`). PostgreSQL first merges state
vectors that follow each other with the same callsign and flag into runs, because segmentation
needs no more than the first two of them and the last.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any, TypeAlias

from processor.archive.flights.divider import FlightDivider, Portion
from processor.archive.flights.segmentation import SILENCE_SECONDS, DetectedFlight, Observation
from processor.history.area_restriction import Boxes, box_columns
from processor.history.database import Connection, Record
from processor.history.queries import HistoryStatements
from processor.history.window import Window

FlightRow: TypeAlias = dict[str, Any]
"""The columns of the view `flights`; those that depend on what lies outside are None."""

PREFETCH_ROWS = 1_000
"""Runs that are fetched at a time: the event loop decodes them in a few milliseconds."""

_UNKNOWN_OUTSIDE = dict.fromkeys(
    (
        *("take_off", "landing", "distance_km", "west", "south", "east", "north"),
        *("implausible_positions", "implausible_altitudes"),
        *("takeoff_airport", "landing_airport"),
    )
)


async def read_area_flights(
    connection: Connection,
    statements: HistoryStatements,
    *,
    icao24: str | None,
    window: Window,
    boxes: Boxes,
    areas: Boxes,
) -> list[FlightRow]:
    """Return flights that overlap a time and have a position in one of the boxes, newest first.

    Args:
        connection: In a transaction.
        statements: The statements.
        icao24: The aircraft; None for all.
        window: The time. A flight that began more than three hours before it begins there.
        boxes: The boxes that were requested, within the areas.
        areas: The boxes whose state vectors the principal may know.
    """
    runs = connection.cursor(
        statements.flight_runs_within,
        *(icao24, window.start, window.end, dt.timedelta(seconds=SILENCE_SECONDS)),
        *box_columns(boxes),
        *box_columns(areas),
        prefetch=PREFETCH_ROWS,
    )
    found: list[FlightRow] = []
    aircraft: _Aircraft | None = None
    async for run in runs:
        if aircraft is None or aircraft.icao24 != run["icao24"]:
            if aircraft is not None:
                found += aircraft.end()
            aircraft = _Aircraft(run["icao24"])
        found += aircraft.add(run)
    if aircraft is not None:
        found += aircraft.end()
    overlapping = (
        row for row in found if row["first_seen"] <= window.end and row["last_seen"] >= window.start
    )
    return sorted(overlapping, key=lambda row: (row["first_seen"], row["icao24"]), reverse=True)


class _Aircraft:
    """Collects the runs of one aircraft into its flights."""

    def __init__(self, icao24: str) -> None:
        self.icao24 = icao24
        self._divider = FlightDivider[Record | None]()
        self._runs: list[Record] = []

    def add(self, run: Record) -> Iterator[FlightRow]:
        """Yield the flights that a run ends."""
        yield from self._flights(self._divider.add(_observation(run, run["first_contact"]), run))
        if run["last_contact"] > run["first_contact"]:
            last = _observation(run, run["last_contact"])
            yield from self._flights(self._divider.add(last, None))

    def end(self) -> Iterator[FlightRow]:
        """Yield the last flight."""
        yield from self._flights(self._divider.end())

    def _flights(self, portions: Iterator[Portion[Record | None]]) -> Iterator[FlightRow]:
        for portion in portions:
            self._runs += [run for run in portion.items if run is not None]
            if portion.is_last:
                if any(run["is_wanted"] for run in self._runs):
                    yield self._row(portion.flight)
                self._runs = []

    def _row(self, flight: DetectedFlight) -> FlightRow:
        runs = self._runs
        altitudes = [run["max_altitude"] for run in runs if run["max_altitude"] is not None]
        is_counted = all(run["is_kept"] for run in runs)
        return _UNKNOWN_OUTSIDE | {
            "icao24": self.icao24,
            "callsign": flight.callsign,
            "origin_country": flight.origin_country,
            "first_seen": runs[0]["first_contact"],
            "last_seen": runs[-1]["last_contact"],
            "max_altitude": max(altitudes, default=None),
            "state_vectors": sum(run["state_vectors"] for run in runs) if is_counted else None,
            "airborne": flight.airborne,
        }


def _observation(run: Record, contact: dt.datetime) -> Observation:
    return Observation(
        last_contact=int(contact.timestamp()),
        callsign=run["callsign"],
        origin_country=run["origin_country"],
        on_ground=run["on_ground"],
        velocity=run["velocity"],
        altitude=run["altitude"],
    )
