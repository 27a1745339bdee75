"""What a client asks /states/all and /states/own for.

Where OpenSky is silent, a request that a client should not send is refused with 400: a box
with sides missing, a box with `lomin` > `lomax` (it must be split at the antimeridian), a
number that is none. A `time` in the future, and 0, mean now.
"""

import math
import re
from typing import NamedTuple

from starlette.datastructures import QueryParams

from simulator.picture import ICAO24, LATITUDE, LONGITUDE, Row

_SIDES = ("lamin", "lomin", "lamax", "lomax")
_ICAO24 = re.compile(r"[0-9a-f]{6}")


class BadQuery(Exception):  # noqa: N818 - named after what is wrong, not "Error"
    """A parameter is not acceptable; the message names it and its value."""


class Box(NamedTuple):
    """A bounding box in degrees."""

    lamin: float
    lomin: float
    lamax: float
    lomax: float

    @property
    def area(self) -> float:
        """Square degrees."""
        return (self.lamax - self.lamin) * (self.lomax - self.lomin)

    def contains(self, row: Row) -> bool:
        """Tell whether a state vector has a position in the box."""
        latitude, longitude = row[LATITUDE], row[LONGITUDE]
        return (
            isinstance(latitude, int | float)
            and isinstance(longitude, int | float)
            and self.lamin <= latitude <= self.lamax
            and self.lomin <= longitude <= self.lomax
        )


class StatesQuery(NamedTuple):
    """The parameters of a request, checked."""

    time: int | None
    icao24: frozenset[str]
    box: Box | None
    extended: bool
    serials: frozenset[int]

    @property
    def is_plain(self) -> bool:
        """Tell whether every row is asked for."""
        return self.box is None and not self.icao24

    def select(self, rows: list[Row]) -> list[Row]:
        """Return the rows asked for; a box excludes rows without a position."""
        box, wanted = self.box, self.icao24
        if wanted:
            rows = [row for row in rows if row[ICAO24] in wanted]
        return rows if box is None else [row for row in rows if box.contains(row)]


def parse(params: QueryParams) -> StatesQuery:
    """Read the parameters of a request.

    Raises:
        BadQuery: One of them is not acceptable.
    """
    return StatesQuery(
        time=_whole("time", params["time"]) or None if "time" in params else None,
        icao24=frozenset(_address(value) for value in params.getlist("icao24")),
        box=_box(params),
        extended=params.get("extended", "").lower() in ("1", "true"),
        serials=frozenset(_whole("serials", value) for value in params.getlist("serials")),
    )


def _box(params: QueryParams) -> Box | None:
    given = [side for side in _SIDES if side in params]
    if not given:
        return None
    missing = [side for side in _SIDES if side not in params]
    if missing:
        raise BadQuery(f"bounding box without {', '.join(missing)}; give all four sides")
    box = Box(
        _degrees("lamin", params["lamin"], 90),
        _degrees("lomin", params["lomin"], 180),
        _degrees("lamax", params["lamax"], 90),
        _degrees("lomax", params["lomax"], 180),
    )
    if box.lamin > box.lamax or box.lomin > box.lomax:
        raise BadQuery("bounding box with min above max; split it at the antimeridian")
    return box


def _degrees(name: str, text: str, limit: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not -limit <= value <= limit:  # also true for NaN
        raise BadQuery(f"{name}={text} is not a number of degrees from -{limit} to {limit}")
    return value


def _whole(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise BadQuery(f"{name}={text} is not a whole number") from None


def _address(text: str) -> str:
    if not _ICAO24.fullmatch(text.lower()):
        raise BadQuery(f"icao24={text} is not an address of 6 hexadecimal digits")
    return text.lower()
