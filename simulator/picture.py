"""What a source of state vectors gives: the picture of the sky at one moment."""

import math
from typing import NamedTuple, Protocol

Cell = str | int | float | bool | list[int] | None
Row = list[Cell]

# Places of the columns in a row. The list is OpenSky's ("REST API", response of /states/all).
ICAO24 = 0
CALLSIGN = 1
ORIGIN_COUNTRY = 2
TIME_POSITION = 3
LAST_CONTACT = 4
LONGITUDE = 5
LATITUDE = 6
ON_GROUND = 8
VELOCITY = 9
SENSORS = 12
SPI = 15
POSITION_SOURCE = 16
COLUMNS = 17
EXTENDED_COLUMNS = 18


_SMALLEST_SHIFTED = 2.0  # seconds; below it there is no whole second beside the grid


class Picture(NamedTuple):
    """Every state vector of one moment; `time` is a whole Unix second."""

    time: int
    rows: list[Row] | None


class Source(Protocol):
    """Where state vectors come from: invented traffic or a recording."""

    is_known_ahead: bool  # pictures of the future can be made before they are asked for

    def step_at(self, moment: float) -> int:
        """Return the number of the picture shown at a Unix time."""

    def picture(self, step: int) -> Picture:
        """Return the picture with this number; the same number gives the same picture."""


class Grid:
    """The rhythm in which pictures change.

    OpenSky's data change every 5 s, yet `time` has not been a multiple of 5 since 2022;
    so the grid lies beside the round seconds unless `on_grid` is asked for.
    """

    def __init__(self, interval: float, *, on_grid: bool = False) -> None:
        self.interval = interval
        beside = interval >= _SMALLEST_SHIFTED and not on_grid
        self._shift = float(math.ceil(interval / 2)) if beside else 0.0

    def step_at(self, moment: float) -> int:
        """Return the number of the step that a Unix time lies in."""
        return math.floor((moment - self._shift) / self.interval)

    def moment_of(self, step: int) -> int:
        """Return the whole second at which a step begins."""
        return math.floor(step * self.interval + self._shift)
