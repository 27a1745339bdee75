"""Which aircraft a query selects: one grammar for SSE, WebSocket and REST."""

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
"""Bound of the values of one parameter."""

MAX_AREAS = 16
"""Bound of the boxes, and of the circles, of a filter: each costs time at every tick."""

EMERGENCIES = ("7500", "7600", "7700")
"""Unlawful interference, lost radio, emergency (ICAO Annex 10, volume IV, 2.1.4)."""

ICAO24_DIGITS, HEXADECIMAL = 6, frozenset("0123456789abcdef")
SQUAWK_DIGITS, OCTAL = 4, frozenset("01234567")
MAX_CATEGORY = 20
TYPE_LENGTHS = range(2, 5)

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the earth (IUGG)."""

KM_PER_DEGREE = math.pi * EARTH_RADIUS_KM / 180

MAX_RADIUS_KM = 20_038
"""Half the circumference, rounded up: a circle of this radius covers the globe."""


class FilterError(ValueError):
    """A parameter cannot be used; the client must change it.

    Attributes:
        parameter: Name of the parameter.
        reason: What is wrong with it, and what is allowed.
    """

    def __init__(self, parameter: str, reason: str) -> None:
        super().__init__(f"{parameter}: {reason}")
        self.parameter = parameter
        self.reason = reason


class Clause(Protocol):
    """One filter condition. An aircraft whose field is null does not match."""

    def mask(self, columns: Columns) -> Mask:
        """Return which aircraft match."""


class InBoxes(msgspec.Struct, frozen=True):
    """Matches aircraft within one of several boxes."""

    boxes: tuple[BoundingBox, ...]

    def mask(self, columns: Columns) -> Mask:  # noqa: D102
        mask = columns.empty_mask()
        mask[self.find(columns)] = True
        return mask

    def find(self, columns: Columns) -> Indices:
        """Return the indices of the aircraft inside, ascending."""
        found = [_inside(box, columns) for box in self.boxes]
        return np.sort(found[0]) if len(found) == 1 else np.unique(np.concatenate(found))


def _inside(box: BoundingBox, columns: Columns) -> Indices:
    indices, _, longitudes = columns.band(box.south, box.north)
    east_of, west_of = longitudes >= box.west, longitudes <= box.east
    return indices[east_of | west_of if box.crosses_antimeridian else east_of & west_of]


class Circle(msgspec.Struct, frozen=True):
    """A centre (degrees) and a distance along the ground."""

    latitude: float
    longitude: float
    radius_km: float


class InCircles(msgspec.Struct, frozen=True):
    """Matches aircraft within one of several circles, by the haversine formula."""

    circles: tuple[Circle, ...]

    def mask(self, columns: Columns) -> Mask:  # noqa: D102
        mask = columns.empty_mask()
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
    """Matches aircraft with one of several values in a field; texts in either case."""

    field: str
    values: tuple[str | int, ...]

    def mask(self, columns: Columns) -> Mask:  # noqa: D102
        mask = columns.empty_mask()
        for value in self.values:
            mask[columns.with_value(self.field, value)] = True
        return mask


class Callsign(msgspec.Struct, frozen=True):
    """Matches aircraft with one of several callsigns; a `*` at the end matches any characters."""

    patterns: tuple[str, ...]

    def mask(self, columns: Columns) -> Mask:  # noqa: D102
        mask = columns.empty_mask()
        for pattern in self.patterns:
            if pattern.endswith("*"):
                mask[columns.with_callsign(pattern[:-1])] = True
            else:
                mask[columns.with_value("callsign", pattern)] = True
        return mask


class Identified(msgspec.Struct, frozen=True):
    """Matches aircraft with one of several values in a field of their identity, in either case.

    Attributes:
        fields: The fields, one of which must have the value.
        values: The values.
    """

    fields: tuple[str, ...]
    values: tuple[str | bool, ...]

    def mask(self, columns: Columns) -> Mask:  # noqa: D102
        mask = columns.empty_mask()
        for field in self.fields:
            for value in self.values:
                mask[columns.with_value(field, value)] = True
        return mask


class OnGround(msgspec.Struct, frozen=True):
    """Matches aircraft on the ground if they are wanted, else those in the air."""

    is_wanted: bool

    def mask(self, columns: Columns) -> Mask:  # noqa: D102
        return columns.on_ground if self.is_wanted else ~columns.on_ground


class Altitude(msgspec.Struct, frozen=True):
    """Matches altitudes (m) between bounds: barometric, or geometric if only that was received."""

    low: float
    high: float

    def mask(self, columns: Columns) -> Mask:  # noqa: D102
        return (columns.altitude >= self.low) & (columns.altitude <= self.high)


class Velocity(msgspec.Struct, frozen=True):
    """Matches ground speeds (m/s) between bounds."""

    low: float
    high: float

    def mask(self, columns: Columns) -> Mask:  # noqa: D102
        velocity = columns.floats("velocity")
        return (velocity >= self.low) & (velocity <= self.high)


class Filter(msgspec.Struct, frozen=True):
    """Matches aircraft that meet all clauses or are pinned, and that lie inside the areas.

    Attributes:
        clauses: Conditions; without any, every aircraft meets them.
        pinned: Addresses that need not meet the clauses.
        areas: The areas that a principal is restricted to; empty for no restriction.
    """

    clauses: tuple[Clause, ...] = ()
    pinned: tuple[str, ...] = ()
    areas: tuple[BoundingBox, ...] = ()

    @property
    def is_everything(self) -> bool:
        """Whether every aircraft matches."""
        return not self.clauses and not self.areas

    @property
    def has_identity(self) -> bool:
        """Whether a clause is about the identity of aircraft, which may be known later."""
        return any(isinstance(clause, Identified) for clause in self.clauses)

    def select(self, columns: Columns) -> Sequence[Aircraft]:
        """Return the aircraft that match."""
        return columns.aircraft if self.is_everything else columns.at(self.find(columns))

    def find(self, columns: Columns) -> Indices:
        """Return the indices of the aircraft that match, ascending."""
        match self.clauses:
            case (InBoxes() as only,) if not self.pinned and not self.areas:
                # The query of a map, which need not look at aircraft outside the box.
                return only.find(columns)
        return np.flatnonzero(self._mask(columns))

    def _mask(self, columns: Columns) -> Mask:
        masks = [clause.mask(columns) for clause in self.clauses]
        mask = reduce(np.logical_and, masks) if masks else ~columns.empty_mask()
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
        parameters: Names, each with its values, which may be joined by commas.
        areas: The areas that the principal is restricted to; empty for no restriction.

    Raises:
        FilterError: A parameter cannot be used; the error names it.
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
    # Without clauses every aircraft matches, so pinned ones must not make another query.
    return Filter(tuple(clauses), pinned if clauses else (), tuple(areas))


def split_values(values: Values, max_values: int = MAX_VALUES) -> tuple[str, ...]:
    """Split values at commas, sort them and drop duplicates: `a=3,2&a=1` equals `a=1,2,3`.

    Raises:
        ValueError: One is empty, or there are too many.
    """
    parts = [part.strip() for value in values for part in value.split(",")]
    if not all(parts):
        raise ValueError("an empty value; omit the parameter to get all aircraft")
    if len(parts) > max_values:
        raise ValueError(f"{len(parts)} values; {max_values} are allowed")
    return tuple(sorted(set(parts)))


def _boxes(values: Values) -> Clause:
    return InBoxes(tuple(parse_box(value) for value in _limited(values)))


def _circles(values: Values) -> Clause:
    return InCircles(tuple(_circle(value) for value in _limited(values)))


def _limited(values: Values) -> Values:
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
            f"{text!r}: the latitude may be -90 to 90, the longitude -180 to 180, and the radius"
            f" more than 0 km and at most {MAX_RADIUS_KM} km"
        )
    return Circle(latitude, longitude, radius_km)


def _icao24s(values: Values) -> tuple[str, ...]:
    parts = tuple(sorted({part.lower() for part in split_values(values)}))
    for part in parts:
        if len(part) != ICAO24_DIGITS or not HEXADECIMAL.issuperset(part):
            raise ValueError(f"{part!r} is not an address of six hexadecimal digits")
    return parts


def _callsigns(values: Values) -> Clause:
    patterns = tuple(part.casefold() for part in split_values(values))
    for pattern in patterns:
        if "*" in pattern[:-1]:
            raise ValueError(f"{pattern!r}: * is allowed at the end only")
    return Callsign(patterns)


def _countries(values: Values) -> Clause:
    return OneOf("origin_country", tuple(part.casefold() for part in split_values(values)))


def _categories(values: Values) -> Clause:
    parts = split_values(values)
    for part in parts:
        if not part.isdecimal() or int(part) > MAX_CATEGORY:
            raise ValueError(f"{part!r} is not a category from 0 to {MAX_CATEGORY}")
    return OneOf("category", tuple(int(part) for part in parts))


def _squawks(values: Values) -> Clause:
    codes: list[str] = []
    for part in split_values(values):
        if part == "emergency":
            codes += EMERGENCIES
        elif len(part) == SQUAWK_DIGITS and OCTAL.issuperset(part):
            codes.append(part)
        else:
            raise ValueError(f"{part!r} is neither four octal digits nor emergency")
    return OneOf("squawk", tuple(codes))


def _identified(*fields: str) -> Callable[[Values], Clause]:
    def parse(values: Values) -> Clause:
        return Identified(fields, tuple(part.casefold() for part in split_values(values)))

    return parse


def _types(values: Values) -> Clause:
    parts = split_values(values)
    for part in parts:
        if not (part.isascii() and part.isalnum() and len(part) in TYPE_LENGTHS):
            raise ValueError(f"{part!r} is not a type designator of two to four letters and digits")
    return Identified(("type",), tuple(part.casefold() for part in parts))


def _on_ground(values: Values) -> Clause:
    return OnGround(_truth(values))


def _truth(values: Values) -> bool:
    if list(values) not in (["true"], ["false"]):
        raise ValueError(f"{','.join(values)!r} is neither true nor false")
    return values[0] == "true"


def _number(values: Values) -> float:
    try:
        (text,) = values
        number = float(text)
    except ValueError:
        raise ValueError(f"{','.join(values)!r} is not a single number") from None
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
    "registration": _identified("registration"),
    "type": _types,
    "operator": _identified("operator", "operator_icao"),
    "military": lambda values: Identified(("military",), (_truth(values),)),
    "min_altitude": lambda values: Altitude(_number(values), math.inf),
    "max_altitude": lambda values: Altitude(-math.inf, _number(values)),
    "min_velocity": lambda values: Velocity(_number(values), math.inf),
    "max_velocity": lambda values: Velocity(-math.inf, _number(values)),
}

FILTER_PARAMETERS = (*_CLAUSES, "pinned")
"""Names of all parameters of a filter."""
