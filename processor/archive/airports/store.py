"""Derive the airports of stored flights that are due, some at a time."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from processor.archive.airports.derivation import (
    WINDOW_SECONDS,
    Evidence,
    Side,
    derive_airport,
)
from processor.archive.database import Connection, Record
from processor.named_sql import load_statements
from processor.reference.airports import Airports, load_airports

SILENCE = dt.timedelta(minutes=30)
"""Ends a flight, as in the segmentation."""

RECHECK = dt.timedelta(minutes=31)
"""A flight in the air is looked at again when it may have ended by silence."""

SETTLED_AFTER = dt.timedelta(minutes=3)
"""How long a flight waits after a change: its callsign, its take-off and the positions of
`WINDOW_SECONDS` follow."""

FlightKey: TypeAlias = tuple[str, dt.datetime]
"""The aircraft and `first_seen`."""


class AirportQueries(NamedTuple):
    """The statements of airports.sql."""

    due: str
    newest: str
    evidence: str
    save: str


def load_airport_queries() -> AirportQueries:
    """Read airports.sql."""
    return load_statements(Path(__file__).with_name("airports.sql"), AirportQueries)


class FlightAirports:
    """Derives airports from stored state vectors, and stores them with their flights.

    Nothing is done for each state vector. A flight is due when it is stored or changes, when it
    may have ended by silence, and when it is measured. What is derived of a flight that is over
    is final, unless a state vector of it arrives later.
    """

    def __init__(self, airports: Airports | None = None) -> None:
        self._queries = load_airport_queries()
        self._airports = airports

    async def derive_due(
        self, connection: Connection, amount: int, *, settled: dt.timedelta = SETTLED_AFTER
    ) -> int:
        """Derive the airports of some flights that are due; return how many flights these are."""
        due = await connection.fetch(self._queries.due, amount, settled)
        if due:
            newest = await connection.fetchval(self._queries.newest)
            await self._derive(connection, due, newest, [row["airports_due"] for row in due])
        return len(due)

    async def derive_over(self, connection: Connection, flights: Sequence[Record]) -> None:
        """Derive the airports of flights that are over and locked."""
        if flights:
            await self._derive(connection, flights, None, [None] * len(flights))

    async def _derive(
        self,
        connection: Connection,
        flights: Sequence[Record],
        newest: dt.datetime | None,
        dues: Sequence[dt.datetime | None],
    ) -> None:
        """Derive and store.

        Args:
            connection: In a transaction.
            flights: Have `icao24` and `first_seen`.
            newest: The newest state vector, up to which silence is known; None if all are over.
            dues: When each was due; None for those that are derived for good.
        """
        icao24s = [flight["icao24"] for flight in flights]
        since = [flight["first_seen"] for flight in flights]
        rows = await connection.fetch(
            self._queries.evidence, icao24s, since, SILENCE, newest, WINDOW_SECONDS
        )
        keys = list(zip(icao24s, since, strict=True))
        found = self._airports_of(rows)
        await connection.execute(
            self._queries.save,
            icao24s,
            since,
            [found.get((Side.TAKE_OFF, key)) for key in keys],
            [found.get((Side.LANDING, key)) for key in keys],
            dues,
            RECHECK,
            newest,
        )

    def _airports_of(self, rows: Sequence[Record]) -> Mapping[tuple[Side, FlightKey], str]:
        """Return the ICAO codes of the airports that are known."""
        if self._airports is None:
            self._airports = load_airports()
        around: dict[tuple[Side, FlightKey], list[Evidence]] = defaultdict(list)
        for icao24, first_seen, side, *values in rows:
            around[Side(side), (icao24, first_seen)].append(Evidence(*values))
        found = {}
        for place, positions in around.items():
            airport = derive_airport(self._airports, place[0], positions)
            if airport is not None:
                found[place] = airport.icao
        return found
