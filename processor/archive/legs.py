"""CUT: which flight a state vector belongs to, and where each flight begins and ends."""

from collections.abc import Iterable
from typing import NamedTuple

SILENCE_SECONDS = 1800
"""An aircraft that was not heard for longer is on another flight."""


class Sighting(NamedTuple):
    """Of a state vector, what tells flights apart; times are Unix seconds."""

    last_contact: int
    callsign: str | None
    origin_country: str | None
    on_ground: bool


class Leg(NamedTuple):
    """A flight, from `first_seen` until the aircraft's next one begins (Unix seconds).

    Attributes:
        callsign: The one it took off with, or the first that was received in flight.
        take_off: The first sighting in the air after one on the ground.
        landing: The first sighting on the ground after one in the air.
        ends_before: When the next one begins, if it has.
    """

    first_seen: int
    callsign: str | None
    origin_country: str | None
    take_off: int | None = None
    landing: int | None = None
    ends_before: int | None = None


class Course(NamedTuple):
    """Where an aircraft's newest flight stands: all that the next sighting is judged by."""

    leg: Leg
    last_contact: int
    on_ground: bool


class Cut(NamedTuple):
    """What sightings come to: the flights that began or changed, oldest first, and the newest."""

    legs: list[Leg]
    course: Course


def cut(
    course: Course | None, sightings: Iterable[Sighting], *, begins_with_take_off: bool = False
) -> Cut:
    """Follow an aircraft from where it stands; the sightings are newer, and in order of time.

    The outcome depends on the sightings alone, not on how many come at once.

    Args:
        course: Where it stands; None where nothing is known.
        sightings: At least one.
        begins_with_take_off: Whether, with nothing known, the first sighting is a take-off.
    """
    finished: list[Leg] = []
    first = course.leg if course is not None else None
    for sighting in sightings:
        if course is None:
            course = _begin(sighting, has_taken_off=begins_with_take_off)
        elif _is_another(course, sighting):
            finished.append(course.leg._replace(ends_before=sighting.last_contact))
            course = _begin(sighting, has_taken_off=_takes_off_again(course, sighting))
        else:
            course = _go_on(course, sighting)
    if course is None:
        raise ValueError("no sightings, so nothing to cut")
    is_changed = bool(finished) or course.leg != first
    return Cut([*finished, course.leg] if is_changed else [], course)


def goes_on(course: Course, last_contact: int, callsign: str | None, *, on_ground: bool) -> bool:
    """Whether a sighting is newer and tells nothing but that the flight goes on."""
    return (
        0 < last_contact - course.last_contact <= SILENCE_SECONDS
        and on_ground == course.on_ground
        and (callsign is None or callsign == course.leg.callsign)
    )


def changes_nothing(sighting: Sighting, before: Sighting, after_contact: int) -> bool:
    """Whether flights stay as they are when a sighting comes late between two others.

    It must tell nothing that the one before has not told, and close no gap that parted flights.
    """
    return (
        sighting.on_ground == before.on_ground
        and sighting.callsign in (None, before.callsign)
        and after_contact - before.last_contact <= SILENCE_SECONDS
    )


def _is_another(course: Course, sighting: Sighting) -> bool:
    if sighting.last_contact - course.last_contact > SILENCE_SECONDS:
        return True
    return _takes_off_again(course, sighting) or _changes_callsign(course, sighting)


def _takes_off_again(course: Course, sighting: Sighting) -> bool:
    return (
        course.on_ground
        and not sighting.on_ground
        and course.leg.landing is not None
        and sighting.last_contact - course.last_contact <= SILENCE_SECONDS
    )


def _changes_callsign(course: Course, sighting: Sighting) -> bool:
    """Whether it does so in flight; on the ground crews prepare the next one, or type again."""
    is_in_flight = not course.on_ground and not sighting.on_ground
    return (
        is_in_flight
        and None
        not in (
            course.leg.callsign,
            sighting.callsign,
        )
        and course.leg.callsign != sighting.callsign
    )


def _begin(sighting: Sighting, *, has_taken_off: bool) -> Course:
    take_off = sighting.last_contact if has_taken_off else None
    leg = Leg(sighting.last_contact, sighting.callsign, sighting.origin_country, take_off)
    return Course(leg, sighting.last_contact, sighting.on_ground)


def _go_on(course: Course, sighting: Sighting) -> Course:
    leg = course.leg
    takes_off = course.on_ground and not sighting.on_ground
    if takes_off:
        leg = leg._replace(take_off=sighting.last_contact)
    elif sighting.on_ground and not course.on_ground:
        leg = leg._replace(landing=sighting.last_contact)
    if sighting.callsign not in (None, leg.callsign):
        is_preparing = sighting.on_ground and leg.landing is None
        if leg.callsign is None or takes_off or is_preparing:
            leg = leg._replace(callsign=sighting.callsign)
    return Course(leg, sighting.last_contact, sighting.on_ground)
