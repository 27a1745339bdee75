"""Store the flights of all aircraft, in the transaction that stores their state vectors."""

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import compress, groupby, islice
from typing import NamedTuple

from processor.archive.database import Connection, Record
from processor.archive.flights.memory import FlightMemory, FlightStates
from processor.archive.flights.segmentation import (
    SILENCE_SECONDS,
    UNKNOWN,
    DetectedFlight,
    FlightStart,
    FlightState,
    Observation,
    leaves_flights_unchanged,
    restore_state,
    segment,
)
from processor.archive.sql import Queries
from processor.archive.unique_rows import UniqueRows
from telemetry.state_vector import StateVector

MAX_REMEMBERED = 200_000
"""Aircraft whose state is kept in memory: ten times as many as are ever in the air at once."""

RENEWED_AFTER_ROWS = 1_000_000
"""After so many rows everything is forgotten, so that memory does not grow with every aircraft that
was ever seen. Reading the flights of those in the air again takes a hundredth of the time that so
many rows take."""

SILENCE = dt.timedelta(seconds=SILENCE_SECONDS)

OLD_SECONDS = 20 * 3600
"""State vectors older than this may belong to a flight that was measured already: a flight without
a successor is measured after a day of silence. The four hours less are for clocks that differ."""

AIRCRAFT_PER_STEP = 50
"""Aircraft whose flights are segmented again together: each may have days of state vectors."""


class LateObservation(NamedTuple):
    """A state vector that is older than the newest known one of its aircraft."""

    icao24: str
    observation: Observation


class FlightStore:
    """Keeps the newest flight of each aircraft in memory, so that most rows need no query.

    The memory repeats what the database holds. Call `forget` whenever that is uncertain, and when
    a transaction in which `store` was called has failed.
    """

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._memory = FlightMemory()
        self._n_rows = 0

    def forget(self) -> None:
        """Read everything again: another instance may have stored, or a commit is in doubt."""
        self._memory.forget()
        self._n_rows = 0

    async def store(self, connection: Connection, rows: UniqueRows, now: float) -> None:
        """Store the flights of rows that have just been inserted.

        Args:
            connection: Is in the transaction that has inserted them.
            rows: The new ones.
            now: Unix time in seconds.
        """
        await self._load(connection, rows)
        memory = self._memory
        self._n_rows += len(rows)
        flights: dict[tuple[str, int], DetectedFlight] = {}
        late: list[LateObservation] = []
        unknown: dict[str, list[Observation]] = {}
        is_encoded = len(rows.identities) > 0
        for place in memory.find_changes(rows):
            state = rows.state_vectors[place]
            if memory.continues(state, rows.identities[place] if is_encoded else None):
                continue
            icao24, last_contact = state.icao24, state.last_contact
            flight_state, observation = memory.state(icao24), _observation_of(state)
            if flight_state is not None and last_contact <= flight_state.last_contact:
                late.append(LateObservation(icao24, observation))
                continue
            if flight_state is not None and (
                icao24 in unknown or _is_unknown(flight_state, last_contact)
            ):
                unknown.setdefault(icao24, []).append(observation)
                continue
            changed, new_state = segment(flight_state, [observation])
            memory.replace(icao24, new_state)
            for flight in changed:
                flights[icao24, flight.first_seen] = flight
        await self._save(connection, [(icao24, flight) for (icao24, _), flight in flights.items()])
        memory.remember(await self._segment_unknown(connection, unknown))
        memory.remember(await self._insert_late(connection, late))
        await self._invalidate(connection, late, rows, now)

    async def _load(self, connection: Connection, rows: UniqueRows) -> None:
        """Read the newest flights of the aircraft of new rows, as they were before these rows."""
        unknown = self._memory.unknown(rows.icao24s)
        n_remembered = len(self._memory) + len(unknown)
        if n_remembered > MAX_REMEMBERED or self._n_rows >= RENEWED_AFTER_ROWS:
            self.forget()
            unknown = self._memory.unknown(rows.icao24s)
        if unknown:
            contacts = zip(rows.icao24s, rows.contacts.tolist(), strict=True)
            new = [(icao24, contact) for icao24, contact in contacts if icao24 in unknown]
            found = await connection.fetch(
                self._queries.flight_states,
                [icao24 for icao24, _ in new],
                [contact for _, contact in new],
            )
            self._memory.remember({row["icao24"]: _flight_state(row) for row in found})

    async def _segment_unknown(
        self, connection: Connection, unknown: Mapping[str, Sequence[Observation]]
    ) -> FlightStates:
        """Segment flights again whose state could not be restored from the database.

        A flight that began before all that is kept cannot be segmented again; it continues with
        the state that was restored.
        """
        since = {icao24: observations[0].last_contact for icao24, observations in unknown.items()}
        flight_states = await self.segment_again(connection, since)
        flights: list[tuple[str, DetectedFlight]] = []
        for icao24 in unknown.keys() - flight_states.keys():
            restored = self._memory.state(icao24)
            known = None if restored is None else restored._replace(doubt=None)
            found = segment(known, unknown[icao24])
            flight_states[icao24] = found.flight_state
            flights += [(icao24, flight) for flight in found.flights]
        await self._save(connection, flights)
        return flight_states

    async def _insert_late(
        self, connection: Connection, late: Sequence[LateObservation]
    ) -> FlightStates:
        """Segment flights again where late state vectors make a difference."""
        since = await self._find_affected(connection, late)
        return await self.segment_again(connection, since)

    async def _find_affected(
        self, connection: Connection, late: Sequence[LateObservation]
    ) -> dict[str, int]:
        """Return the aircraft whose flights may change, and the Unix time of the first change."""
        if not late:
            return {}
        rows = await connection.fetch(
            self._queries.neighbours,
            [one.icao24 for one in late],
            [one.observation.last_contact for one in late],
            [one.observation.callsign for one in late],
            [one.observation.on_ground for one in late],
            SILENCE,
        )
        since: dict[str, int] = {}
        for row in rows:
            if not _is_settled(row):
                contact = _unix_seconds(row["last_contact"])
                since[row["icao24"]] = min(contact, since.get(row["icao24"], contact))
        return since

    async def segment_again(self, connection: Connection, since: Mapping[str, int]) -> FlightStates:
        """Delete the flights of aircraft since a time (Unix seconds) and segment them again.

        The flight before is segmented again as well where no silence separates the two: which of
        its observations is the last may depend on those that follow.
        """
        flight_states: FlightStates = {}
        waiting = iter(since.items())
        while some := dict(islice(waiting, AIRCRAFT_PER_STEP)):
            begins = await connection.fetch(
                self._queries.withdraw_flights, list(some), list(some.values()), SILENCE
            )
            starts = {row["icao24"]: _flight_start(row) for row in begins}
            rows = await connection.fetch(
                self._queries.observations,
                [row["icao24"] for row in begins],
                [row["first_seen"] for row in begins],
            )
            flights = []
            for icao24, group in groupby(rows, key=lambda row: str(row["icao24"])):
                found = segment(None, map(_observation, group), starts[icao24])
                flights += [(icao24, flight) for flight in found.flights]
                flight_states[icao24] = found.flight_state
            await self._save(connection, flights)
        return flight_states

    async def _save(
        self, connection: Connection, flights: Sequence[tuple[str, DetectedFlight]]
    ) -> None:
        if flights:
            await connection.execute(
                self._queries.save_flights,
                [icao24 for icao24, _ in flights],
                [flight.first_seen for _, flight in flights],
                [flight.callsign for _, flight in flights],
                [flight.origin_country for _, flight in flights],
                [flight.take_off for _, flight in flights],
                [flight.landing for _, flight in flights],
                [flight.ends_before for _, flight in flights],
                [flight.airborne for _, flight in flights],
            )

    async def _invalidate(
        self,
        connection: Connection,
        late: Sequence[LateObservation],
        rows: UniqueRows,
        now: float,
    ) -> None:
        """Have flights measured again that got a state vector after their measurement."""
        old = [(one.icao24, one.observation.last_contact) for one in late]
        # Only the newest flight of each aircraft: those before it have been saved again.
        is_old = rows.contacts < now - OLD_SECONDS
        if is_old.any():
            pairs = zip(rows.icao24s, rows.contacts.tolist(), strict=True)
            old += dict(compress(pairs, is_old.tolist())).items()
        if old:
            await connection.execute(
                self._queries.invalidate_flights,
                [icao24 for icao24, _ in old],
                [last_contact for _, last_contact in old],
            )


def _flight_state(row: Record) -> FlightState:
    flight = DetectedFlight(
        first_seen=_unix_seconds(row["first_seen"]),
        callsign=row["callsign"],
        origin_country=row["origin_country"],
        take_off=_unix_seconds(row["take_off"]) if row["take_off"] else None,
        landing=_unix_seconds(row["landing"]) if row["landing"] else None,
        airborne=row["airborne"],
    )
    newest, before = _neighbour(row, "newest"), _neighbour(row, "before")
    return restore_state(flight, newest, before, _unix_seconds(row["last_contact"]))


def _is_unknown(flight_state: FlightState, last_contact: int) -> bool:
    """Whether the state does not suffice to judge a new observation."""
    return (
        flight_state.doubt is UNKNOWN
        and last_contact - flight_state.last_contact <= SILENCE_SECONDS
    )


def _observation_of(state: StateVector) -> Observation:
    return Observation(
        last_contact=state.last_contact,
        callsign=state.callsign,
        origin_country=state.origin_country,
        on_ground=state.on_ground,
        velocity=state.velocity,
        altitude=state.geo_altitude if state.baro_altitude is None else state.baro_altitude,
    )


def _observation(row: Record) -> Observation:
    return Observation(
        last_contact=_unix_seconds(row["last_contact"]),
        callsign=row["callsign"],
        origin_country=row["origin_country"],
        on_ground=row["on_ground"],
        velocity=row["velocity"],
        altitude=row["altitude"],
    )


def _neighbour(row: Record, name: str) -> Observation | None:
    """Return the observation of that name in a row, with what late ones are compared by."""
    contact = row[f"{name}_contact"]
    if contact is None:
        return None
    return Observation(
        _unix_seconds(contact), row[f"{name}_callsign"], None, row[f"{name}_on_ground"]
    )


def _flight_start(row: Record) -> FlightStart:
    return FlightStart(is_take_off=row["starts_with_take_off"], is_certain=row["is_certain"])


def _is_settled(row: Record) -> bool:
    first, second = _neighbour(row, "first"), _neighbour(row, "second")
    if first is None or second is None or row["after_contact"] is None:
        return False
    late = Observation(_unix_seconds(row["last_contact"]), row["callsign"], None, row["on_ground"])
    return leaves_flights_unchanged(
        late,
        (first, second),
        _unix_seconds(row["after_contact"]),
        after_on_ground=row["after_on_ground"],
    )


def _unix_seconds(moment: dt.datetime) -> int:
    return int(moment.timestamp())
