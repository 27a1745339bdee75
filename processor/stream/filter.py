"""Which aircraft a viewer wants: one grammar for SSE, WebSocket and REST."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Protocol

import msgspec
import numpy as np

from processor.bounding_box import BoundingBox, parse_box
from processor.stream.aircraft import Aircraft
from processor.stream.columns import Columns, Indices, Mask

MAX_VALUES = 1_000
"""Values that one parameter may have."""

MAX_AREAS = 16
"""Boxes, and circles: each costs every turn."""

EMERGENCIES = ("7500", "7600", "7700")
"""Unlawful interference, lost radio, emergency (ICAO Annex 10, volume IV, 2.1.4)."""

ICAO24_DIGITS, HEXADECIMAL = 6, frozenset("0123456789abcdef")
SQUAWK_DIGITS, OCTAL = 4, frozenset("01234567")
MAX_CATEGORY = 20

EARTH_RADIUS_KM = 6371.0088
"""Mean radius (IUGG)."""

KM_PER_DEGREE = math.pi * EARTH_RADIUS_KM / 180

MAX_RADIUS_KM = 20_038
"""Half the circumference, rounded up: everything."""


class FilterError(ValueError):
    """A parameter cannot be used: tell whoever sent it which, and what is wanted."""

    def __init__(self, parameter: str, reason: str) -> None:
        super().__init__(f"{parameter}: {reason}")
        self.parameter = parameter
        self.reason = reason


class Clause(Protocol):
    """One condition; who has not sent what it asks about does not meet it."""

    def mask(self, columns: Columns) -> Mask:
        """Return for whom it holds."""


class InBoxes(msgspec.Struct, frozen=True):
    """Within one of several boxes."""

    boxes: tuple[BoundingBox, ...]

    def mask(self, columns: Columns) -> Mask:  # noqa: D102
        mask = columns.nobody()
        mask[self.find(columns)] = True
        return mask

    def find(self, columns: Columns) -> Indices:
        """Return the indices of who is inside, in order."""
        found = [_inside(box, columns) for box in self.boxes]
        return np.sort(found[0]) if len(found) == 1 else np.unique(np.concatenate(found))


def _inside(box: BoundingBox, columns: Columns) -> Indices:
    indices, _, longitudes = columns.band(box.south, box.north)
    east_of, west_of = longitudes >= box.west, longitudes <= box.east
    return indices[east_of | west_of if box.crosses_antimeridian else east_of & west_of]


class Circle(msgspec.Struct, frozen=True):
    """A point and a distance along the ground."""

    latitude: float
    longitude: float
    radius_km: float


class InCircles(msgspec.Struct, frozen=True):
    """Within one of several circles, by the haversine formula."""

    circles: tuple[Circle, ...]

    def mask(self, columns: Columns) -> Mask:  # noqa: D102
        mask = columns.nobody()
        for circle in self.circles:
            reach = circle.radius_km / KM_PER_DEGREE
            indices, latitudes, longitudes = columns.band(
                circle.latitude - reach, circle.latitude + reach
            )
            phi, centre = np.radians(latitudes), math.radians(circle.latitude)
            north = np.sin((phi - centre) / 2) ** 2
            east = np.sin(np.radians(longitudes - circle.longitude) / 2) ** 2
            half_chord = north + math.cos(centre) * np.cos(phi) * east
            is_inside = half_chord <= math.sin(min(math.radians(reach) / 2, math.pi / 2)) ** 2
            mask[indices[is_inside]] = True
        return mask


class OneOf(msgspec.Struct, frozen=True):
    """A field has one of several values, texts in either case."""

    field: str
    values: tuple[str | int, ...]

    def mask(self, columns: Columns) -> Mask:  # noqa: D102
        mask = columns.nobody()
        for value in self.values:
            mask[columns.with_value(self.field, value)] = True
        return mask


class Callsign(msgspec.Struct, frozen=True):
    """One of several callsigns; `*` at the end stands for any more characters."""

    patterns: tuple[str, ...]

    def mask(self, columns: Columns) -> Mask:  # noqa: D102
        mask = columns.nobody()
        for pattern in self.patterns:
            if pattern.endswith("*"):
                mask[columns.with_callsign(pattern[:-1])] = True
            else:
                mask[columns.with_value("callsign", pattern)] = True
        return mask


class OnGround(msgspec.Struct, frozen=True):
    """On the ground, or in the air."""

    is_wanted: bool

    def mask(self, columns: Columns) -> Mask:  # noqa: D102
        return columns.on_ground if self.is_wanted else ~columns.on_ground


class Altitude(msgspec.Struct, frozen=True):
    """Metres, from and to; barometric, or geometric where only that was received."""

    low: float
    high: float

    def mask(self, columns: Columns) -> Mask:  # noqa: D102
        return (columns.altitude >= self.low) & (columns.altitude <= self.high)


class Velocity(msgspec.Struct, frozen=True):
    """Ground speed in m/s, from and to."""

    low: float
    high: float

    def mask(self, columns: Columns) -> Mask:  # noqa: D102
        velocity = columns.floats("velocity")
        return (velocity >= self.low) & (velocity <= self.high)


class Filter(msgspec.Struct, frozen=True):
    """All of the clauses at once, or pinned; and never outside the areas one is confined to."""

    clauses: tuple[Clause, ...] = ()
    pinned: tuple[str, ...] = ()
    areas: tuple[BoundingBox, ...] = ()

    @property
    def is_everything(self) -> bool:
        """Whether nobody is filtered out."""
        return not self.clauses and not self.areas

    def select(self, columns: Columns) -> Sequence[Aircraft]:
        """Return who passes."""
        return columns.aircraft if self.is_everything else columns.at(self.find(columns))

    def find(self, columns: Columns) -> Indices:
        """Return the indices of who passes, in order."""
        match self.clauses:
            case (InBoxes() as only,) if not self.pinned and not self.areas:
                # What maps ask for: nobody outside the box is looked at.
                return only.find(columns)
        return np.flatnonzero(self._mask(columns))

    def _mask(self, columns: Columns) -> Mask:
        masks = [clause.mask(columns) for clause in self.clauses]
        mask = reduce(np.logical_and, masks) if masks else ~columns.nobody()
        if self.pinned and masks:
            mask = mask | OneOf("icao24", self.pinned).mask(columns)
        if self.areas:
            mask = mask & InBoxes(self.areas).mask(columns)
        return mask


Values = Sequence[str]
Parameters = Mapping[str, Values]


def parse_filter(parameters: Parameters, areas: Sequence[BoundingBox] = ()) -> Filter:
    """Read a filter.

    Args:
        parameters: Each with its values, which may be joined by commas.
        areas: What the viewer is confined to; none is the globe.

    Raises:
        FilterError: Naming the parameter.
    """
    clauses: list[Clause] = []
    pinned: tuple[str, ...] = ()
    for name, values in sorted(parameters.items()):
        try:
            if name == "pinned":
                pinned = _icao24s(values)
            elif name in _CLAUSES:
                clauses.append(_CLAUSES[name](values))
        except ValueError as error:
            raise FilterError(name, str(error)) from None
    # Without a clause everybody passes: to pin one more makes no other view.
    return Filter(tuple(clauses), pinned if clauses else (), tuple(areas))


def split(values: Values, most: int = MAX_VALUES) -> tuple[str, ...]:
    """Split values at commas, and sort them: `a=3,2&a=1` is `a=1&a=2&a=3`.

    Raises:
        ValueError: One is empty, or there are too many.
    """
    parts = [part.strip() for value in values for part in value.split(",")]
    if not all(parts):
        raise ValueError("an empty value; leave the parameter out to ask for everything")
    if len(parts) > most:
        raise ValueError(f"{len(parts)} values; {most} are allowed")
    return tuple(sorted(set(parts)))


def _boxes(values: Values) -> Clause:
    return InBoxes(tuple(parse_box(value) for value in _few(values)))


def _circles(values: Values) -> Clause:
    return InCircles(tuple(_circle(value) for value in _few(values)))


def _few(values: Values) -> Values:
    if len(values) > MAX_AREAS:
        raise ValueError(f"{len(values)} areas; {MAX_AREAS} are allowed")
    return values


def _circle(text: str) -> Circle:
    try:
        latitude, longitude, radius_km = (float(part) for part in text.split(","))
    except ValueError:
        raise ValueError(f"{text!r} is not latitude,longitude,kilometres") from None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180 and 0 < radius_km <= MAX_RADIUS_KM):  # noqa: PLR2004 - degrees
        raise ValueError(
            f"{text!r}: latitudes to 90, longitudes to 180, and more than 0 km,"
            f" {MAX_RADIUS_KM} at the most, are needed"
        )
    return Circle(latitude, longitude, radius_km)


def _icao24s(values: Values) -> tuple[str, ...]:
    parts = tuple(sorted({part.lower() for part in split(values)}))
    for part in parts:
        if len(part) != ICAO24_DIGITS or not HEXADECIMAL.issuperset(part):
            raise ValueError(f"{part!r} is not an address of six hexadecimal digits")
    return parts


def _callsigns(values: Values) -> Clause:
    patterns = tuple(part.casefold() for part in split(values))
    for pattern in patterns:
        if "*" in pattern[:-1]:
            raise ValueError(f"{pattern!r}: * may stand at the end only")
    return Callsign(patterns)


def _countries(values: Values) -> Clause:
    return OneOf("origin_country", tuple(part.casefold() for part in split(values)))


def _categories(values: Values) -> Clause:
    parts = split(values)
    for part in parts:
        if not part.isdecimal() or int(part) > MAX_CATEGORY:
            raise ValueError(f"{part!r} is not a category from 0 to {MAX_CATEGORY}")
    return OneOf("category", tuple(int(part) for part in parts))


def _squawks(values: Values) -> Clause:
    codes: list[str] = []
    for part in split(values):
        if part == "emergency":
            codes += EMERGENCIES
        elif len(part) == SQUAWK_DIGITS and OCTAL.issuperset(part):
            codes.append(part)
        else:
            raise ValueError(f"{part!r} is neither four octal digits nor emergency")
    return OneOf("squawk", tuple(codes))


def _on_ground(values: Values) -> Clause:
    if list(values) not in (["true"], ["false"]):
        raise ValueError(f"{','.join(values)!r} is neither true nor false")
    return OnGround(values[0] == "true")


def _number(values: Values) -> float:
    try:
        (text,) = values
        number = float(text)
    except ValueError:
        raise ValueError(f"{','.join(values)!r} is not one number") from None
    if not math.isfinite(number):
        raise ValueError(f"{text!r} is not finite")
    return number


_CLAUSES: Mapping[str, Callable[[Values], Clause]] = {
    "bbox": _boxes,
    "near": _circles,
    "icao24": lambda values: OneOf("icao24", _icao24s(values)),
    "callsign": _callsigns,
    "country": _countries,
    "category": _categories,
    "squawk": _squawks,
    "on_ground": _on_ground,
    "min_altitude": lambda values: Altitude(_number(values), math.inf),
    "max_altitude": lambda values: Altitude(-math.inf, _number(values)),
    "min_velocity": lambda values: Velocity(_number(values), math.inf),
    "max_velocity": lambda values: Velocity(-math.inf, _number(values)),
}

FILTER_PARAMETERS = (*_CLAUSES, "pinned")
"""The names of the grammar."""
