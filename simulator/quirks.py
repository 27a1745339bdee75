"""How OpenSky writes a state vector down: steps, rounding, blanks, nulls and wrong values."""

import math

from simulator.airframe import Airframe, Leg
from simulator.chance import draw, fraction
from simulator.flight import Motion
from simulator.picture import Row

_ALTITUDE_STEP = 7.62  # metres: 25 feet
_VERTICAL_RATE_STEP = 0.32512  # m/s: 64 feet per minute
_OUTLIER_PERIOD = 20  # seconds a wrong value lasts

# Slots in captures of 2021 to 2025.
_GROUND_BARO_SHARE = 0.025
_GROUND_VERTICAL_RATE_SHARE = 0.02
_GEO_NULL_SHARE = 0.02
_BARO_NULL_SHARE = 0.013
_VERTICAL_RATE_NULL_SHARE = 0.003
_TREMBLE_SHARE = 0.4  # of level flight that shows one step up or down
_SPI_SHARE = 0.007


def number(value: float) -> float:
    """Return an int where the value is integral: OpenSky writes 0 and 11887, not 0.0."""
    whole = int(value)
    return whole if whole == value else value


def stepped(value: float, step: float) -> float:
    """Round to a multiple of a step and to two decimals."""
    return number(round(round(value / step) * step, 2))


def state_vector(
    airframe: Airframe,
    leg: Leg,
    motion: Motion,
    *,
    time_position: int | None,
    last_contact: int,
) -> Row:
    """Return the 18 columns of one aircraft."""
    baro, vertical_rate, geo = _vertical(leg.bits, motion, last_contact)
    has_position = time_position is not None
    return [
        airframe.icao24,
        leg.callsign,
        airframe.origin_country,
        time_position,
        last_contact,
        number(round(motion.longitude, 4)) if has_position else None,
        number(round(motion.latitude, 4)) if has_position else None,
        baro,
        motion.on_ground,
        number(round(motion.velocity, 2)),
        number(round(motion.true_track, 2) % 360),
        vertical_rate,
        None,
        geo,
        leg.squawk,
        fraction(leg.bits, 3) < _SPI_SHARE,
        airframe.position_source,
        airframe.category,
    ]


def _vertical(
    bits: int, motion: Motion, moment: int
) -> tuple[float | None, float | None, float | None]:
    """Return barometric altitude, vertical rate and geometric altitude."""
    chance = fraction(bits, 0)
    if motion.on_ground:
        baro = stepped(motion.altitude, _ALTITUDE_STEP) if chance < _GROUND_BARO_SHARE else None
        return baro, 0 if chance < _GROUND_VERTICAL_RATE_SHARE else None, None
    baro_altitude = None if chance < _BARO_NULL_SHARE else stepped(motion.altitude, _ALTITUDE_STEP)
    vertical_rate: float | None = None
    if fraction(bits, 1) >= _VERTICAL_RATE_NULL_SHARE:
        vertical_rate = stepped(motion.vertical_rate, _VERTICAL_RATE_STEP) or _tremble(bits, moment)
    geo_altitude = None
    if fraction(bits, 2) >= _GEO_NULL_SHARE:
        geo_altitude = stepped(motion.altitude + _pressure_error(motion), _ALTITUDE_STEP)
    return baro_altitude, vertical_rate, geo_altitude


def _tremble(bits: int, moment: int) -> float:
    chance = fraction(draw(bits, moment // 10), 0)
    if chance >= _TREMBLE_SHARE:
        return 0
    return 0.33 if chance < _TREMBLE_SHARE / 2 else -0.33


def _pressure_error(motion: Motion) -> float:
    """Metres of geometric above barometric altitude: the weather's, more with height."""
    latitude, longitude = math.radians(motion.latitude), math.radians(motion.longitude)
    weather = 260 * math.sin(2 * latitude + longitude) + 120 * math.sin(3 * longitude)
    return (180 + weather) * (0.25 + 0.75 * min(1.0, max(0.0, motion.altitude) / 11_000))


def distort(row: Row, key: int, moment: int, share: float) -> None:
    """Give a share of rows one wrong value of the kinds seen in real answers.

    Longitude and latitude stay within their ranges: no answer with others was seen.
    """
    bits = draw(key, moment // _OUTLIER_PERIOD, _OUTLIER_PERIOD)
    if fraction(bits, 0) >= share:
        return
    place, value = _WRONG[int(fraction(bits, 1) * len(_WRONG))]
    if row[place] is not None:
        row[place] = value


_WRONG: tuple[tuple[int, float | str | bool], ...] = (
    (1, "00000000"),
    (2, ""),
    (7, -304.8),
    (7, 28560.42),
    (8, True),  # on ground at cruise velocity
    (9, 453.17),
    (9, 1683.94),
    (10, -221.04),
    (11, 603.1),
    (11, -449.32),
    (13, 18288),
    (14, "7700"),
)
