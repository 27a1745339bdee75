"""Divide the state vectors of one aircraft into flights.

This is the only definition of where a flight begins and ends; the archive, the exports and the
flights of principals with areas all use it. The result is a function of the aircraft's state
vectors in order of time. A flight ends with 30 minutes of silence, with a take-off after its
landing, or with another callsign in the air.

A single observation is not trusted where it contradicts the one before. It waits as a `Doubt`
until the next observation confirms or refutes it:

* An `on_ground` flag that differs from the one before, unless speed and altitude prove it
  (`_is_evident`). So "on the ground" at cruise is no landing, and a flag that flickers while the
  aircraft rolls is no take-off.
* A callsign that changes in the air. It counts from its second observation, and the new flight
  then begins at the first of the two. If the old callsign returns, the flight continues.
* A callsign that was received only once. The next callsign that is received twice replaces it
  without a new flight. A callsign that changes within two minutes of the take-off
  (`RENAMING_SECONDS`) renames the flight as well.

A doubt that is still open when the aircraft falls silent is dropped.
"""

from collections.abc import Iterable
from typing import NamedTuple

SILENCE_SECONDS = 1800
"""Another flight begins when nothing was received of an aircraft for longer than this."""

RENAMING_SECONDS = 120
"""Time after a take-off in which a new callsign renames the flight: crews correct the callsign of
their last flight then."""

MAX_GROUND_SPEED = 90.0
"""m/s, 175 knots: the highest speed that a surface position message can encode (ICAO Doc 9871,
register 06, movement code 124). In the recorded day of 2025-07-06 the speeds "on the ground" thin
out up to this value; a second group between 190 and 270 m/s is aircraft at cruise."""

MAX_GROUND_ALTITUDE = 5_000.0
"""Metres. The highest airport, Daocheng Yading, lies at 4,411 m; the rest is for air pressure."""

MIN_AIR_SPEED = 25.0
"""m/s, 49 knots: no aircraft taxies that fast. In the recorded day, single state vectors "in the
air" between two on the ground were wrong below 20 m/s and real flights above 30 m/s."""

ROLL_SECONDS = 120
"""Time after an observation on the ground in which only a speed above `MAX_GROUND_SPEED` proves a
flight. It is longer than the roll of a landing or a take-off, in which the flag flickers."""


class Observation(NamedTuple):
    """The fields of a state vector that decide which flight it belongs to.

    Attributes:
        last_contact: Unix seconds.
        velocity: m/s; None if it was not received.
        altitude: Metres, barometric, or geometric where only that was received.
    """

    last_contact: int
    callsign: str | None
    origin_country: str | None
    on_ground: bool
    velocity: float | None = None
    altitude: float | None = None


class DetectedFlight(NamedTuple):
    """One flight of an aircraft; all times are Unix seconds.

    Attributes:
        callsign: The callsign at take-off, or the first one received in flight, or the one that
            has replaced it.
        take_off: The first observation in the air after one on the ground.
        landing: The first observation on the ground after one in the air.
        ends_before: When the aircraft's next flight begins; None while there is no next flight.
        airborne: Whether the aircraft was observed in the air, and no later observation has
            refuted that.
    """

    first_seen: int
    callsign: str | None
    origin_country: str | None
    take_off: int | None = None
    landing: int | None = None
    ends_before: int | None = None
    airborne: bool = True


class Doubt(NamedTuple):
    """What rests on a single observation, so that the next observation may refute it.

    Attributes:
        is_flag_unproven: The flight began with an `on_ground` flag that nothing has proved.
        is_callsign_unproven: The flight's callsign was received only once.
        contrary: The newest observation, if its flag contradicts the one before.
        renamed: The first observation with another callsign in the air.
    """

    is_flag_unproven: bool = False
    is_callsign_unproven: bool = False
    contrary: Observation | None = None
    renamed: Observation | None = None


CERTAIN = Doubt()

UNKNOWN = Doubt(is_flag_unproven=True, is_callsign_unproven=True)
"""The doubt of a state that was restored from the database, which does not store doubts."""


class FlightState(NamedTuple):
    """The newest flight of an aircraft, and all that the next observation is judged by.

    Attributes:
        last_contact: Time of the newest observation, Unix seconds.
        on_ground: The newest flag that is trusted.
        doubt: None if nothing is in doubt.
    """

    flight: DetectedFlight
    last_contact: int
    on_ground: bool
    doubt: Doubt | None = None


class FlightStart(NamedTuple):
    """What earlier observations say of the first observation of a flight.

    Attributes:
        is_take_off: The first observation is the take-off.
        is_certain: The flight began without a silence before it. Only a flight that begins in the
            air does that, so its flag is proved.
    """

    is_take_off: bool = False
    is_certain: bool = False


UNKNOWN_START = FlightStart()


class Segmentation(NamedTuple):
    """The result of `segment`: flights that began or changed, oldest first, and the new state."""

    flights: list[DetectedFlight]
    flight_state: FlightState


def segment(
    flight_state: FlightState | None,
    observations: Iterable[Observation],
    start: FlightStart = UNKNOWN_START,
) -> Segmentation:
    """Continue an aircraft's flights with newer observations, in order of time.

    The result does not depend on how many observations one call takes.

    Args:
        flight_state: The state after the observations before; None if there are none.
        observations: At least one.
        start: Without a `flight_state`, what is known of the first observation.
    """
    finished: list[DetectedFlight] = []
    first = flight_state.flight if flight_state is not None else None
    for observation in observations:
        if flight_state is None:
            flight_state = _begin_flight(observation, start)
        else:
            flight_state = _observe(flight_state, observation, finished)
    if flight_state is None:
        raise ValueError("segment() needs at least one observation")
    is_changed = bool(finished) or flight_state.flight != first
    return Segmentation([*finished, flight_state.flight] if is_changed else [], flight_state)


def continues_flight(
    flight_state: FlightState,
    seconds: int,
    callsign: str | None,
    on_ground: bool,  # noqa: FBT001 - called for every state vector
) -> bool:
    """Whether an observation so many seconds later changes nothing but `last_contact`."""
    return (
        flight_state.doubt is None
        and 0 < seconds <= SILENCE_SECONDS
        and on_ground == flight_state.on_ground
        and (callsign is None or callsign == flight_state.flight.callsign)
    )


def proves_flight(
    flight_state: FlightState,
    seconds: int,
    callsign: str | None,
    on_ground: bool,  # noqa: FBT001 - called for every state vector
) -> bool:
    """Whether an observation so many seconds later repeats the flight, and so ends all doubts.

    A state with the doubt `UNKNOWN` is not judged: the flight has to be segmented again.
    """
    return (
        flight_state.doubt is not None
        and flight_state.doubt is not UNKNOWN
        and 0 < seconds <= SILENCE_SECONDS
        and on_ground == flight_state.on_ground
        and callsign is not None
        and callsign == flight_state.flight.callsign
        and flight_state.flight.landing is None
    )


def restore_state(
    flight: DetectedFlight,
    newest: Observation | None,
    before: Observation | None,
    last_contact: int,
) -> FlightState:
    """Return the state of an aircraft from its newest flight and two stored observations.

    Where these do not determine it, the doubt is `UNKNOWN`, and the flight has to be segmented
    again from all of its observations.

    Args:
        flight: The newest flight.
        newest: The newest observation of that flight; None if it has expired.
        before: The observation before that, of the same flight; None if there is none.
        last_contact: The aircraft's newest, in Unix seconds.
    """
    if newest is None or before is None or newest.on_ground != before.on_ground:
        return FlightState(flight, last_contact, newest is not None and newest.on_ground, UNKNOWN)
    has_landed = newest.on_ground and flight.landing is not None
    is_known = has_landed or newest.callsign == before.callsign == flight.callsign
    return FlightState(flight, last_contact, newest.on_ground, None if is_known else UNKNOWN)


def leaves_flights_unchanged(
    late: Observation,
    earlier: tuple[Observation, Observation],
    after_contact: int,
    *,
    after_on_ground: bool,
) -> bool:
    """Whether flights stay as they are when an observation arrives late, between others.

    They do if it repeats what the two observations before it say, does not separate a change of
    the flag from the observation that proves it, and fills no silence between two flights.
    """
    first, second = earlier
    return (
        first.on_ground == second.on_ground == late.on_ground == after_on_ground
        and (late.callsign is None or first.callsign == second.callsign == late.callsign)
        and second.last_contact - first.last_contact <= SILENCE_SECONDS
        and after_contact - second.last_contact <= SILENCE_SECONDS
    )


def _is_evident(observation: Observation, ground_contact: int | None) -> bool:
    """Whether speed and altitude prove the flag of an observation.

    Args:
        observation: The observation to judge.
        ground_contact: Time of the observation before, if it was on the ground.
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


def _begin_flight(observation: Observation, start: FlightStart = UNKNOWN_START) -> FlightState:
    flight = DetectedFlight(
        first_seen=observation.last_contact,
        callsign=observation.callsign,
        origin_country=observation.origin_country,
        take_off=observation.last_contact if start.is_take_off else None,
        airborne=not observation.on_ground,
    )
    doubt = Doubt(
        is_flag_unproven=not start.is_certain and not _is_evident(observation, None),
        is_callsign_unproven=observation.callsign is not None,
    )
    return _accept(observation, flight, doubt)


def _accept(observation: Observation, flight: DetectedFlight, doubt: Doubt) -> FlightState:
    """Return the state after an observation whose flag is trusted."""
    known = None if doubt == CERTAIN else doubt
    return FlightState(flight, observation.last_contact, observation.on_ground, known)


def _observe(
    flight_state: FlightState, observation: Observation, finished: list[DetectedFlight]
) -> FlightState:
    """Return the state after one more observation; add a flight that it ends to `finished`."""
    doubt = flight_state.doubt or CERTAIN
    if observation.last_contact - flight_state.last_contact > SILENCE_SECONDS:
        finished.append(flight_state.flight._replace(ends_before=observation.last_contact))
        return _begin_flight(observation)
    if observation.on_ground == flight_state.on_ground:
        doubt = doubt._replace(is_flag_unproven=False, contrary=None)
        return _take_callsign(flight_state.flight, observation, doubt, finished)
    if doubt.is_flag_unproven:
        return _refute_first_flag(flight_state, observation, finished)
    if doubt.contrary is not None:
        changed = _land_or_take_off(flight_state, doubt.contrary, finished)
        return _observe(changed, observation, finished)
    if _is_evident(observation, flight_state.last_contact if flight_state.on_ground else None):
        return _land_or_take_off(flight_state, observation, finished)
    waiting = doubt._replace(contrary=observation)
    return flight_state._replace(last_contact=observation.last_contact, doubt=waiting)


def _refute_first_flag(
    flight_state: FlightState, observation: Observation, finished: list[DetectedFlight]
) -> FlightState:
    """Replace the unproven flag that the flight began with by the flag of an observation."""
    flight = flight_state.flight._replace(airborne=not observation.on_ground)
    doubt = (flight_state.doubt or CERTAIN)._replace(
        is_flag_unproven=not _is_evident(observation, None), renamed=None
    )
    if _changes_callsign(flight, observation):
        # A callsign alone begins no flight while not even the flag is certain.
        return _accept(observation, flight, doubt)
    return _take_callsign(flight, observation, doubt, finished)


def _land_or_take_off(
    flight_state: FlightState, observation: Observation, finished: list[DetectedFlight]
) -> FlightState:
    """Take the changed flag of an observation, which is trusted, as a landing or a take-off."""
    flight = flight_state.flight
    doubt = (flight_state.doubt or CERTAIN)._replace(contrary=None, renamed=None)
    if observation.on_ground:
        # From here on the flight's callsign cannot be refuted: crews enter the next one.
        doubt = doubt._replace(is_callsign_unproven=False)
        landed = flight._replace(landing=observation.last_contact)
        return _take_callsign(landed, observation, doubt, finished)
    if flight.landing is not None:
        finished.append(flight._replace(ends_before=observation.last_contact))
        return _begin_flight(observation, FlightStart(is_take_off=True, is_certain=True))
    flight = flight._replace(take_off=observation.last_contact, airborne=True)
    return _accept(observation, *_rename(flight, observation.callsign, doubt))


def _take_callsign(
    flight: DetectedFlight, observation: Observation, doubt: Doubt, finished: list[DetectedFlight]
) -> FlightState:
    """Apply the callsign of an observation whose flag is trusted."""
    if flight.landing is not None:
        # After the landing crews enter the callsign of the next flight.
        callsign = flight.callsign or observation.callsign
        return _accept(observation, flight._replace(callsign=callsign), doubt)
    if _changes_callsign(flight, observation):
        return _change_callsign(flight, observation, doubt, finished)
    return _accept(observation, *_rename(flight, observation.callsign, doubt))


def _changes_callsign(flight: DetectedFlight, observation: Observation) -> bool:
    """Whether the callsign changes in the air; on the ground crews may correct it at any time."""
    return (
        not observation.on_ground
        and observation.callsign is not None
        and flight.callsign is not None
        and observation.callsign != flight.callsign
    )


def _rename(
    flight: DetectedFlight, callsign: str | None, doubt: Doubt
) -> tuple[DetectedFlight, Doubt]:
    """Give the flight a callsign, which is proved if it is the one that the flight has already."""
    if callsign is None:
        return flight, doubt
    doubt = doubt._replace(is_callsign_unproven=callsign != flight.callsign, renamed=None)
    return flight._replace(callsign=callsign), doubt


def _change_callsign(
    flight: DetectedFlight, observation: Observation, doubt: Doubt, finished: list[DetectedFlight]
) -> FlightState:
    """Wait for a second observation with the new callsign; then rename the flight or end it."""
    first = doubt.renamed
    if first is None or first.callsign != observation.callsign:
        return _accept(observation, flight, doubt._replace(renamed=observation))
    since_take_off = None if flight.take_off is None else first.last_contact - flight.take_off
    is_correction = since_take_off is not None and since_take_off <= RENAMING_SECONDS
    if doubt.is_callsign_unproven or is_correction:
        flight = flight._replace(callsign=observation.callsign)
        return _accept(
            observation, flight, doubt._replace(is_callsign_unproven=False, renamed=None)
        )
    finished.append(flight._replace(ends_before=first.last_contact))
    begun = _begin_flight(first, FlightStart(is_certain=True))
    return _take_callsign(begun.flight, observation, begun.doubt or CERTAIN, finished)
