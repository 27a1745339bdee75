"""Keep the flights of every aircraft in step with its state vectors, in the same transaction."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import NamedTuple

from processor.archive.database import Connection, Record
from processor.archive.flights.segmentation import (
    SILENCE_SECONDS,
    UNKNOWN,
    Beginning,
    Course,
    Leg,
    Observation,
    changes_nothing,
    cut,
    goes_on,
    resume,
)
from processor.archive.sql import Queries
from telemetry.state_vector import StateVector

MAX_KNOWN = 200_000
"""Aircraft whose course is remembered; ten times as many as are ever in the air at once."""

OLD_SECONDS = 20 * 3600
"""State vectors older than this may belong to a flight that was taken for over and measured: one
that none has ended is after a day of silence. The rest is for clocks that differ."""

UNCUT_AT_ONCE = 50
"""Aircraft whose flights are cut anew in one step: each may have days of state vectors."""

Courses = dict[str, Course]


class Added(NamedTuple):
    """A state vector that was not there before."""

    icao24: str
    observation: Observation


class Flights:
    """Remembers where each aircraft stands, so that most state vectors need no question.

    What it remembers is what the database says: forget it whenever that is uncertain, and when a
    transaction that `store` was called in has failed.
    """

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._courses: Courses = {}
        # Of each aircraft the newest; a course is up to date but for that.
        self._contacts: dict[str, int] = {}

    def forget(self) -> None:
        """Ask the database again: somebody else may have stored, or a commit is in doubt."""
        self._courses.clear()
        self._contacts.clear()

    def _remember(self, courses: Courses) -> None:
        self._courses.update(courses)
        self._contacts.update({icao24: course.last_contact for icao24, course in courses.items()})

    async def load(self, connection: Connection, icao24s: set[str]) -> None:
        """Learn where aircraft stand, before their new state vectors are inserted."""
        unknown = icao24s.difference(self._courses)
        if len(self._courses) + len(unknown) > MAX_KNOWN:
            self.forget()
            unknown = icao24s
        if unknown:
            rows = await connection.fetch(self._queries.courses, list(unknown))
            self._remember({row["icao24"]: _course(row) for row in rows})

    async def store(
        self, connection: Connection, state_vectors: Sequence[StateVector], now: float
    ) -> None:
        """Cut the flights of state vectors that have just been inserted.

        Args:
            connection: In the transaction that has inserted them, after `load`.
            state_vectors: Those that were new, sorted by icao24 and last_contact.
            now: Unix time in seconds.
        """
        legs: dict[tuple[str, int], Leg] = {}
        late: list[Added] = []
        unknown: dict[str, list[Observation]] = {}
        for state in self._leave_out(state_vectors):
            icao24, last_contact = state.icao24, state.last_contact
            course, observation = self._course(icao24), _observation_of(state)
            if course is not None and last_contact <= course.last_contact:
                late.append(Added(icao24, observation))
                continue
            if course is not None and (icao24 in unknown or _is_unknown(course, last_contact)):
                unknown.setdefault(icao24, []).append(observation)
                continue
            changed, self._courses[icao24] = cut(course, [observation])
            self._contacts[icao24] = last_contact
            for leg in changed:
                legs[icao24, leg.first_seen] = leg
        await self._save(connection, [(icao24, leg) for (icao24, _), leg in legs.items()])
        self._remember(await self._find_out(connection, unknown))
        self._remember(await self._fit_in(connection, late))
        await self._invalidate(connection, late, state_vectors, now)

    def _leave_out(self, state_vectors: Iterable[StateVector]) -> Iterator[StateVector]:
        """Take note of those that tell nothing but that the flight goes on; return the others.

        Nearly all do, and the transaction waits for it: what can be left out here is time to store.
        """
        courses, contacts = self._courses, self._contacts
        for state in state_vectors:
            icao24, last_contact = state.icao24, state.last_contact
            course = courses.get(icao24)
            if course is None or not goes_on(
                course, last_contact - contacts[icao24], state.callsign, state.on_ground
            ):
                yield state
            else:
                contacts[icao24] = last_contact

    def _course(self, icao24: str) -> Course | None:
        course = self._courses.get(icao24)
        if course is None or course.last_contact == (last_contact := self._contacts[icao24]):
            return course
        return course._replace(last_contact=last_contact)

    async def _find_out(
        self, connection: Connection, unknown: Mapping[str, Sequence[Observation]]
    ) -> Courses:
        """Follow aircraft of which the database has not told all: cut the flight anew.

        One that began before all that is kept cannot be, and goes on as it seems to stand.
        """
        since = {icao24: sightings[0].last_contact for icao24, sightings in unknown.items()}
        courses = await self.segment_again(connection, since)
        legs: list[tuple[str, Leg]] = []
        for icao24 in unknown.keys() - courses.keys():
            found = cut(self._courses[icao24]._replace(doubt=None), unknown[icao24])
            courses[icao24] = found.course
            legs += [(icao24, leg) for leg in found.legs]
        await self._save(connection, legs)
        return courses

    async def _fit_in(self, connection: Connection, late: Sequence[Added]) -> Courses:
        """Cut anew where state vectors that came late make a difference."""
        since = await self._unsettled(connection, late)
        return await self.segment_again(connection, since)

    async def _unsettled(self, connection: Connection, late: Sequence[Added]) -> dict[str, int]:
        """Return the aircraft for which it makes a difference, and from when on."""
        if not late:
            return {}
        rows = await connection.fetch(
            self._queries.neighbours,
            [one.icao24 for one in late],
            [one.observation.last_contact for one in late],
            [one.observation.callsign for one in late],
            [one.observation.on_ground for one in late],
        )
        since: dict[str, int] = {}
        for row in rows:
            if not _is_settled(row):
                contact = _unix_seconds(row["last_contact"])
                since[row["icao24"]] = min(contact, since.get(row["icao24"], contact))
        return since

    async def segment_again(self, connection: Connection, since: Mapping[str, int]) -> Courses:
        """Take back flights from a moment on (Unix seconds), and cut them out of what is stored.

        The flight before is cut anew as well where there was no silence between: which of its
        sightings is the last may depend on those that follow.
        """
        courses: Courses = {}
        waiting = iter(since.items())
        while some := dict(islice(waiting, UNCUT_AT_ONCE)):
            begins = await connection.fetch(self._queries.uncut, list(some), list(some.values()))
            beginnings = {row["icao24"]: _beginning(row) for row in begins}
            rows = await connection.fetch(
                self._queries.sightings,
                [row["icao24"] for row in begins],
                [row["first_seen"] for row in begins],
            )
            legs = []
            for icao24, group in groupby(rows, key=lambda row: str(row["icao24"])):
                found = cut(None, map(_observation, group), beginnings[icao24])
                legs += [(icao24, leg) for leg in found.legs]
                courses[icao24] = found.course
            await self._save(connection, legs)
        return courses

    async def _save(self, connection: Connection, legs: Sequence[tuple[str, Leg]]) -> None:
        if legs:
            await connection.execute(
                self._queries.save_legs,
                [icao24 for icao24, _ in legs],
                [leg.first_seen for _, leg in legs],
                [leg.callsign for _, leg in legs],
                [leg.origin_country for _, leg in legs],
                [leg.take_off for _, leg in legs],
                [leg.landing for _, leg in legs],
                [leg.ends_before for _, leg in legs],
                [leg.airborne for _, leg in legs],
            )

    async def _invalidate(
        self,
        connection: Connection,
        late: Sequence[Added],
        state_vectors: Sequence[StateVector],
        now: float,
    ) -> None:
        """Let flights be measured again that got a state vector after they were taken for over."""
        old = [(one.icao24, one.observation.last_contact) for one in late]
        # Of each aircraft the newest flight: those before it have been saved anew.
        old += {
            state.icao24: state.last_contact
            for state in state_vectors
            if state.last_contact < now - OLD_SECONDS
        }.items()
        if old:
            await connection.execute(
                self._queries.invalidate,
                [icao24 for icao24, _ in old],
                [last_contact for _, last_contact in old],
            )


def _course(row: Record) -> Course:
    leg = Leg(
        first_seen=_unix_seconds(row["first_seen"]),
        callsign=row["callsign"],
        origin_country=row["origin_country"],
        take_off=_unix_seconds(row["take_off"]) if row["take_off"] else None,
        landing=_unix_seconds(row["landing"]) if row["landing"] else None,
        airborne=row["airborne"],
    )
    newest, before = _neighbour(row, "newest"), _neighbour(row, "before")
    return resume(leg, newest, before, _unix_seconds(row["last_contact"]))


def _is_unknown(course: Course, last_contact: int) -> bool:
    """Whether it takes more than the course to tell what a new sighting comes to."""
    return course.doubt is UNKNOWN and last_contact - course.last_contact <= SILENCE_SECONDS


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
    """Return what a row says of the sighting of that name, as far as neighbours are judged."""
    contact = row[f"{name}_contact"]
    if contact is None:
        return None
    return Observation(
        _unix_seconds(contact), row[f"{name}_callsign"], None, row[f"{name}_on_ground"]
    )


def _beginning(row: Record) -> Beginning:
    return Beginning(is_take_off=row["begins_with_take_off"], is_certain=row["is_certain"])


def _is_settled(row: Record) -> bool:
    first, second = _neighbour(row, "first"), _neighbour(row, "second")
    if first is None or second is None or row["after_contact"] is None:
        return False
    late = Observation(_unix_seconds(row["last_contact"]), row["callsign"], None, row["on_ground"])
    return changes_nothing(
        late,
        (first, second),
        _unix_seconds(row["after_contact"]),
        after_on_ground=row["after_on_ground"],
    )


def _unix_seconds(moment: dt.datetime) -> int:
    return int(moment.timestamp())
