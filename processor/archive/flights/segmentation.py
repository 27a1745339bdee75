"""CUT: which flight a state vector belongs to, and where each flight begins and ends.

One observation is not a fact. What the next one may refute waits for it as a `Doubt`:

* a flag that contradicts the one before, unless speed and altitude prove it (`_is_evident`): on the
  ground at cruise is neither a landing nor a cut, and a flicker during the roll is no take-off;
* a callsign that changes in the air: it counts from its second observation, and then the flight
  begins at the first of the two. When the old callsign returns, nothing has happened;
* a callsign that was received once gives way to one that was received twice, without a cut; so
  does one that changes within two minutes of the take-off (`RENAMING_SECONDS`).

What waits when the aircraft falls silent has not happened. All of it is a function of the
aircraft's state vectors in order of time.
"""

from collections.abc import Iterable
from typing import NamedTuple

SILENCE_SECONDS = 1800
"""An aircraft that was not heard for longer is on another flight."""

RENAMING_SECONDS = 120
"""After a take-off, in which crews correct the callsign of the flight before."""

MAX_GROUND_SPEED = 90.0
"""m/s, 175 knots: the highest speed that a surface position message can say (ICAO Doc 9871,
register 06, movement code 124). On the real day of 2025-07-06 the speeds "on the ground" thin out
up to here, and have a second hump between 190 and 270 m/s, which are aircraft at cruise."""

MAX_GROUND_ALTITUDE = 5_000.0
"""Metres. The highest airport, Daocheng Yading, lies at 4,411 m; the rest is for air pressure."""

MIN_AIR_SPEED = 25.0
"""m/s, 49 knots: nothing taxies as fast. Of that day's single state vectors "in the air" between
two on the ground, the wrong ones were slower than 20 m/s and the real hops faster than 30."""

ROLL_SECONDS = 120
"""After a state vector on the ground, in which speed alone does not prove a flight: longer than the
roll of a landing or a take-off, during which the flag flickers."""


class Observation(NamedTuple):
    """Of a state vector, what tells flights apart; times are Unix seconds.

    Attributes:
        velocity: m/s; None was not received.
        altitude: Metres, barometric, or geometric where only that was received.
    """

    last_contact: int
    callsign: str | None
    origin_country: str | None
    on_ground: bool
    velocity: float | None = None
    altitude: float | None = None


class Leg(NamedTuple):
    """A flight, from `first_seen` until the aircraft's next one begins (Unix seconds).

    Attributes:
        callsign: The one it took off with, or the first that was received in flight, or the one
            that has replaced it.
        take_off: The first sighting in the air after one on the ground.
        landing: The first sighting on the ground after one in the air.
        ends_before: When the next one begins, if it has.
        airborne: Whether it was seen in the air, which no second sighting has refuted.
    """

    first_seen: int
    callsign: str | None
    origin_country: str | None
    take_off: int | None = None
    landing: int | None = None
    ends_before: int | None = None
    airborne: bool = True


class Doubt(NamedTuple):
    """What stands on one sighting, so that the next may refute it.

    Attributes:
        is_flag_unproven: The flight has begun with a flag that nothing has proved.
        is_callsign_unproven: The flight's callsign was received once.
        contrary: The newest sighting, whose flag contradicts the one before.
        renamed: The first sighting with another callsign in the air.
    """

    is_flag_unproven: bool = False
    is_callsign_unproven: bool = False
    contrary: Observation | None = None
    renamed: Observation | None = None


CERTAIN = Doubt()

UNKNOWN = Doubt(is_flag_unproven=True, is_callsign_unproven=True)
"""Of a course that was read from the database, which does not tell it all."""


class Course(NamedTuple):
    """Where an aircraft's newest flight stands: all that the next sighting is judged by.

    Attributes:
        on_ground: As far as it is believed.
        doubt: None where there is none.
    """

    leg: Leg
    last_contact: int
    on_ground: bool
    doubt: Doubt | None = None


class Beginning(NamedTuple):
    """What is known of a flight's first sighting from those before it.

    Attributes:
        is_take_off: It is the take-off.
        is_certain: The flight has begun without a silence, which only one in the air does.
    """

    is_take_off: bool = False
    is_certain: bool = False


UNKNOWN_BEGINNING = Beginning()


class Cut(NamedTuple):
    """What sightings come to: the flights that began or changed, oldest first, and the newest."""

    legs: list[Leg]
    course: Course


def cut(
    course: Course | None,
    sightings: Iterable[Observation],
    beginning: Beginning = UNKNOWN_BEGINNING,
) -> Cut:
    """Follow an aircraft from where it stands; the sightings are newer, and in order of time.

    The outcome depends on the sightings alone, not on how many come at once.

    Args:
        course: Where it stands; None where nothing is known.
        sightings: At least one.
        beginning: With nothing known, what the first sighting is.
    """
    finished: list[Leg] = []
    first = course.leg if course is not None else None
    for observation in sightings:
        if course is None:
            course = _begin(observation, beginning)
        else:
            course = _follow(course, observation, finished)
    if course is None:
        raise ValueError("no sightings, so nothing to cut")
    is_changed = bool(finished) or course.leg != first
    return Cut([*finished, course.leg] if is_changed else [], course)


def goes_on(
    course: Course,
    seconds: int,
    callsign: str | None,
    on_ground: bool,  # noqa: FBT001 - called for every state vector
) -> bool:
    """Whether a sighting so many seconds later tells nothing but that the flight goes on."""
    return (
        course.doubt is None
        and 0 < seconds <= SILENCE_SECONDS
        and on_ground == course.on_ground
        and (callsign is None or callsign == course.leg.callsign)
    )


def resume(
    leg: Leg, newest: Observation | None, before: Observation | None, last_contact: int
) -> Course:
    """Return where an aircraft stands, as far as its newest flight and two sightings tell.

    Where they do not, the doubt is `UNKNOWN`: all sightings of the flight are needed.

    Args:
        leg: Its newest flight.
        newest: Of that flight, if it is kept.
        before: The one before that, of that flight.
        last_contact: Its newest, in Unix seconds.
    """
    if newest is None or before is None or newest.on_ground != before.on_ground:
        return Course(leg, last_contact, newest is not None and newest.on_ground, UNKNOWN)
    has_landed = newest.on_ground and leg.landing is not None
    is_known = has_landed or newest.callsign == before.callsign == leg.callsign
    return Course(leg, last_contact, newest.on_ground, None if is_known else UNKNOWN)


def changes_nothing(
    late: Observation,
    earlier: tuple[Observation, Observation],
    after_contact: int,
    *,
    after_on_ground: bool,
) -> bool:
    """Whether flights stay as they are when a sighting comes late between others.

    It must say nothing that the two before it have not said, nor stand between a change of the
    flag and what proves it, and close no gap that parted flights.
    """
    first, second = earlier
    return (
        first.on_ground == second.on_ground == late.on_ground == after_on_ground
        and (late.callsign is None or first.callsign == second.callsign == late.callsign)
        and second.last_contact - first.last_contact <= SILENCE_SECONDS
        and after_contact - second.last_contact <= SILENCE_SECONDS
    )


def _is_evident(observation: Observation, ground_contact: int | None) -> bool:
    """Whether speed and altitude prove the flag of a sighting.

    Args:
        observation: The one.
        ground_contact: When the aircraft was on the ground just before, if it was.
    """
    if observation.velocity is None:
        return False
    if observation.on_ground:
        is_low = observation.altitude is None or observation.altitude <= MAX_GROUND_ALTITUDE
        return is_low and observation.velocity <= MAX_GROUND_SPEED
    is_rolling = (
        ground_contact is not None and observation.last_contact - ground_contact <= ROLL_SECONDS
    )
    return observation.velocity >= (MAX_GROUND_SPEED if is_rolling else MIN_AIR_SPEED)


def _begin(observation: Observation, beginning: Beginning = UNKNOWN_BEGINNING) -> Course:
    leg = Leg(
        first_seen=observation.last_contact,
        callsign=observation.callsign,
        origin_country=observation.origin_country,
        take_off=observation.last_contact if beginning.is_take_off else None,
        airborne=not observation.on_ground,
    )
    doubt = Doubt(
        is_flag_unproven=not beginning.is_certain and not _is_evident(observation, None),
        is_callsign_unproven=observation.callsign is not None,
    )
    return _stand(observation, leg, doubt)


def _stand(observation: Observation, leg: Leg, doubt: Doubt) -> Course:
    """Return where an aircraft stands whose newest sighting is believed."""
    known = None if doubt == CERTAIN else doubt
    return Course(leg, observation.last_contact, observation.on_ground, known)


def _follow(course: Course, observation: Observation, finished: list[Leg]) -> Course:
    """Take one sighting; flights that are over are added to those finished."""
    doubt = course.doubt or CERTAIN
    if observation.last_contact - course.last_contact > SILENCE_SECONDS:
        finished.append(course.leg._replace(ends_before=observation.last_contact))
        return _begin(observation)
    if observation.on_ground == course.on_ground:
        doubt = doubt._replace(is_flag_unproven=False, contrary=None)
        return _name(course.leg, observation, doubt, finished)
    if doubt.is_flag_unproven:
        return _refute(course, observation, finished)
    if doubt.contrary is not None:
        return _follow(_turn(course, doubt.contrary, finished), observation, finished)
    if _is_evident(observation, course.last_contact if course.on_ground else None):
        return _turn(course, observation, finished)
    waiting = doubt._replace(contrary=observation)
    return course._replace(last_contact=observation.last_contact, doubt=waiting)


def _refute(course: Course, observation: Observation, finished: list[Leg]) -> Course:
    """Take another flag for the one that the flight has begun with, which nothing has proved."""
    leg = course.leg._replace(airborne=not observation.on_ground)
    doubt = (course.doubt or CERTAIN)._replace(
        is_flag_unproven=not _is_evident(observation, None), renamed=None
    )
    if _changes_callsign(leg, observation):
        # No flight is cut where not even the flag is certain.
        return _stand(observation, leg, doubt)
    return _name(leg, observation, doubt, finished)


def _turn(course: Course, observation: Observation, finished: list[Leg]) -> Course:
    """Land or take off with a sighting that is believed."""
    leg, doubt = course.leg, (course.doubt or CERTAIN)._replace(contrary=None, renamed=None)
    if observation.on_ground:
        # Whatever the callsign is on the ground, it is that of the flight no more.
        doubt = doubt._replace(is_callsign_unproven=False)
        return _name(leg._replace(landing=observation.last_contact), observation, doubt, finished)
    if leg.landing is not None:
        finished.append(leg._replace(ends_before=observation.last_contact))
        return _begin(observation, Beginning(is_take_off=True, is_certain=True))
    leg = leg._replace(take_off=observation.last_contact, airborne=True)
    return _stand(observation, *_rename(leg, observation.callsign, doubt))


def _name(leg: Leg, observation: Observation, doubt: Doubt, finished: list[Leg]) -> Course:
    """Take the callsign of a sighting whose flag is believed."""
    if leg.landing is not None:
        # Crews prepare the next flight.
        return _stand(
            observation, leg._replace(callsign=leg.callsign or observation.callsign), doubt
        )
    if _changes_callsign(leg, observation):
        return _change_callsign(leg, observation, doubt, finished)
    return _stand(observation, *_rename(leg, observation.callsign, doubt))


def _changes_callsign(leg: Leg, observation: Observation) -> bool:
    """Whether it does so in the air; on the ground crews prepare the flight, or type again."""
    return (
        not observation.on_ground
        and observation.callsign is not None
        and leg.callsign is not None
        and observation.callsign != leg.callsign
    )


def _rename(leg: Leg, callsign: str | None, doubt: Doubt) -> tuple[Leg, Doubt]:
    """Let a flight have the callsign; received again, it is proved."""
    if callsign is None:
        return leg, doubt
    doubt = doubt._replace(is_callsign_unproven=callsign != leg.callsign, renamed=None)
    return leg._replace(callsign=callsign), doubt


def _change_callsign(
    leg: Leg, observation: Observation, doubt: Doubt, finished: list[Leg]
) -> Course:
    """Wait for a second sighting with the other callsign; then rename the flight, or cut."""
    first = doubt.renamed
    if first is None or first.callsign != observation.callsign:
        return _stand(observation, leg, doubt._replace(renamed=observation))
    since_take_off = None if leg.take_off is None else first.last_contact - leg.take_off
    is_correction = since_take_off is not None and since_take_off <= RENAMING_SECONDS
    if doubt.is_callsign_unproven or is_correction:
        leg = leg._replace(callsign=observation.callsign)
        return _stand(observation, leg, doubt._replace(is_callsign_unproven=False, renamed=None))
    finished.append(leg._replace(ends_before=first.last_contact))
    begun = _begin(first, Beginning(is_certain=True))
    return _name(begun.leg, observation, begun.doubt or CERTAIN, finished)
