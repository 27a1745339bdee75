"""Convert a state vector to the fields and units of readsb, whose JSON many programs read."""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from processor.message import AFTER_ANSWER_SECONDS
from processor.reference.identity import UNKNOWN, Identity
from processor.stream.filter import EARTH_RADIUS_KM, Circle
from telemetry.state_vector import StateVector

METRES_PER_FOOT = 0.3048
METRES_PER_NAUTICAL_MILE = 1852
KM_PER_NAUTICAL_MILE = METRES_PER_NAUTICAL_MILE / 1000
KNOTS_PER_METRE_PER_SECOND = 3600 / METRES_PER_NAUTICAL_MILE
FEET_PER_MINUTE_PER_METRE_PER_SECOND = 60 / METRES_PER_FOOT

CALLSIGN_LENGTH = 8
"""Characters that a transponder sends, including blanks at the end (RTCA DO-260B, 2.2.8.2.6)."""

UNKNOWN_LEVEL = -49.5
"""What readsb writes if the signal level of an aircraft is not known (dBFS)."""

UNKNOWN_COUNT = 0
"""The number of messages, which OpenSky does not publish."""

TYPES: Mapping[int, str] = {0: "adsb_icao", 1: "other", 2: "mlat", 3: "other"}
"""Types by OpenSky's position_source. readsb has no types for ASTERIX (1) and FLARM (3)."""

NO_POSITION_TYPE = "mode_s"
MLAT = 2
"""OpenSky's position_source for multilateration."""

MILITARY = 1
"""The bit of `dbFlags`. readsb's others (interesting, PIA, LADD) are of lists that are not here."""

EMERGENCIES: Mapping[str, str] = {"7500": "unlawful", "7600": "nordo", "7700": "general"}

# OpenSky numbers all sets in one sequence, where 0 means that no category was received.
CATEGORIES: Sequence[str | UnsetType] = (
    *(UNSET, "A0", "A1", "A2", "A3", "A4", "A5", "A6", "A7"),
    *("B1", "B2", "B3", "B4", "B5", "B6", "B7"),
    *("C1", "C2", "C3", "C4", "C5"),
)
"""Emitter categories (RTCA DO-260B, 2.2.3.2.5.2) by OpenSky's category."""

BarometricAltitude = Annotated[int | Literal["ground"], Meta(description="Barometric, feet")]


class ReadsbAircraft(msgspec.Struct, frozen=True, kw_only=True):
    """One element of `ac`, in readsb's order. Fields without a value are left out."""

    hex: Annotated[str, Meta(pattern="^[0-9a-f]{6}$", description="Transponder address")]
    type: Annotated[str, Meta(description="Source: adsb_icao, mlat, mode_s, other or unknown")]
    flight: (
        Annotated[str, Meta(description="Callsign, padded with blanks to 8 characters")] | UnsetType
    ) = UNSET
    r: Annotated[str, Meta(description="Registration")] | UnsetType = UNSET
    t: Annotated[str, Meta(description="ICAO type designator")] | UnsetType = UNSET
    dbFlags: (  # noqa: N815 - readsb's name
        Annotated[int, Meta(description="1 if armed forces operate it, else left out")] | UnsetType
    ) = UNSET
    desc: Annotated[str, Meta(description="Manufacturer and model")] | UnsetType = UNSET
    ownOp: Annotated[str, Meta(description="Operator")] | UnsetType = UNSET  # noqa: N815
    year: Annotated[str, Meta(description="Year of manufacture")] | UnsetType = UNSET
    alt_baro: BarometricAltitude | UnsetType = UNSET
    alt_geom: Annotated[int, Meta(description="Geometric (GNSS), feet")] | UnsetType = UNSET
    gs: Annotated[float, Meta(description="Ground speed, knots")] | UnsetType = UNSET
    track: Annotated[float, Meta(description="Degrees clockwise from north")] | UnsetType = UNSET
    baro_rate: Annotated[int, Meta(description="Feet per minute")] | UnsetType = UNSET
    squawk: Annotated[str, Meta(description="Four octal digits")] | UnsetType = UNSET
    emergency: (
        Annotated[str, Meta(description="By the squawk: unlawful, nordo, general or none")]
        | UnsetType
    ) = UNSET
    category: Annotated[str, Meta(description="Emitter category, A0 to C5")] | UnsetType = UNSET
    lat: Annotated[float, Meta(description="Degrees, WGS 84")] | UnsetType = UNSET
    lon: Annotated[float, Meta(description="Degrees, WGS 84")] | UnsetType = UNSET
    seen_pos: Annotated[float, Meta(description="Age of the position, seconds")] | UnsetType = UNSET
    spi: Annotated[int, Meta(description="1 while the pilot identifies")]
    # readsb always writes the next five. Clients that are generated from the description of
    # api.adsb.lol refuse an aircraft without them, so they have readsb's values for "unknown".
    mlat: Annotated[tuple[str, ...], Meta(description="Fields by multilateration")]
    tisb: Annotated[tuple[str, ...], Meta(description="Fields by TIS-B: always empty")]
    messages: Annotated[int, Meta(description="Always 0: not known")]
    seen: Annotated[float, Meta(description="Age of the last message, seconds")]
    rssi: Annotated[float, Meta(description="Always -49.5: not known")]
    dst: (
        Annotated[float, Meta(description="Distance from the point, nautical miles")] | UnsetType
    ) = UNSET
    dir: Annotated[float, Meta(description="Direction from the point, degrees")] | UnsetType = UNSET


class ReadsbAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The document around the aircraft."""

    ac: list[ReadsbAircraft]
    msg: str
    now: Annotated[int, Meta(description="Unix milliseconds")]
    total: Annotated[int, Meta(description="Aircraft in ac")]
    ctime: Annotated[int, Meta(description="Unix milliseconds")]
    ptime: Annotated[int, Meta(description="Milliseconds that the response took")]


def to_readsb(
    state: StateVector,
    now: float,
    centre: Circle | None = None,
    identity: Identity = UNKNOWN,
) -> ReadsbAircraft:
    """Return a state vector in readsb's fields.

    Args:
        state: The newest state vector of an aircraft.
        now: The time at which ages end, in Unix seconds.
        centre: The point of the request, if it has one.
        identity: Who the aircraft is.
    """
    has_position = state.latitude is not None and state.longitude is not None
    distance, direction = _polar(centre, state)
    return ReadsbAircraft(
        hex=state.icao24,
        type=TYPES.get(state.position_source, "unknown") if has_position else NO_POSITION_TYPE,
        flight=UNSET if state.callsign is None else state.callsign.ljust(CALLSIGN_LENGTH),
        r=identity.registration or UNSET,
        t=identity.type or UNSET,
        dbFlags=MILITARY if identity.military else UNSET,
        desc=_description(identity),
        ownOp=identity.operator_name(state.callsign) or UNSET,
        year=str(identity.year_built) if identity.year_built else UNSET,
        alt_baro="ground" if state.on_ground else _feet(state.baro_altitude),
        alt_geom=_feet(state.geo_altitude),
        gs=_rounded(state.velocity, KNOTS_PER_METRE_PER_SECOND, 1),
        track=_rounded(state.true_track, 1, 2),
        baro_rate=_whole(state.vertical_rate, FEET_PER_MINUTE_PER_METRE_PER_SECOND),
        squawk=UNSET if state.squawk is None else state.squawk,
        emergency=UNSET if state.squawk is None else EMERGENCIES.get(state.squawk, "none"),
        category=_category(state.category),
        lat=_rounded(state.latitude, 1, 6),
        lon=_rounded(state.longitude, 1, 6),
        seen_pos=_age_of_position(state, now) if has_position else UNSET,
        spi=int(state.spi),
        mlat=("lat", "lon") if has_position and state.position_source == MLAT else (),
        tisb=(),
        messages=UNKNOWN_COUNT,
        seen=round(max(0.0, now - state.last_contact), 1),
        rssi=UNKNOWN_LEVEL,
        dst=distance,
        dir=direction,
    )


def _description(identity: Identity) -> str | UnsetType:
    """Return manufacturer and model, which often begins with the manufacturer's name."""
    maker, model = identity.manufacturer or "", identity.model or ""
    if maker and not model.casefold().startswith(maker.casefold()):
        model = f"{maker} {model}".strip()
    return model or UNSET


def _rounded(value: float | None, scale: float, digits: int) -> float | UnsetType:
    return UNSET if value is None else round(value * scale, digits)


def _whole(value: float | None, scale: float) -> int | UnsetType:
    return UNSET if value is None else round(value * scale)


def _feet(metres: float | None) -> int | UnsetType:
    return UNSET if metres is None else round(metres / METRES_PER_FOOT)


def _age_of_position(state: StateVector, now: float) -> float | UnsetType:
    """Return the age in seconds; a position later than the last contact has a wrong time."""
    time = state.time_position
    if time is None or time > state.last_contact + AFTER_ANSWER_SECONDS:
        return UNSET
    return round(max(0.0, now - time), 3)


def _category(category: int | None) -> str | UnsetType:
    if category is None or not 0 <= category < len(CATEGORIES):
        return UNSET
    return CATEGORIES[category]


def _polar(
    centre: Circle | None, state: StateVector
) -> tuple[float | UnsetType, float | UnsetType]:
    """Return the distance in nautical miles and the direction in degrees, along a great circle."""
    if centre is None or state.latitude is None or state.longitude is None:
        return UNSET, UNSET
    here, there = math.radians(centre.latitude), math.radians(state.latitude)
    east = math.radians(state.longitude - centre.longitude)
    half_chord = (
        math.sin((there - here) / 2) ** 2
        + math.cos(here) * math.cos(there) * math.sin(east / 2) ** 2
    )
    distance = 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half_chord)))
    direction = math.degrees(
        math.atan2(
            math.sin(east) * math.cos(there),
            math.cos(here) * math.sin(there) - math.sin(here) * math.cos(there) * math.cos(east),
        )
    )
    # Rounded before the modulo, so that a direction just west of north is 0 and not 360.
    return round(distance / KM_PER_NAUTICAL_MILE, 3), round(direction % 360, 1) % 360
