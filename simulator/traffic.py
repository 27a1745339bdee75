"""Invented traffic: a seeded fleet whose state at any moment is a pure function of the moment."""

import math
from bisect import bisect_right
from itertools import accumulate

from simulator.airframe import Airframe
from simulator.chance import draw, unit
from simulator.countries import BLOCKS, Block, origin_country
from simulator.coverage import contact_at
from simulator.picture import Grid, Picture, Row
from simulator.quirks import distort, state_vector

# Aircraft that were not received for minutes have no row, so a picture of
# N rows takes more airframes. Measured over a day for five seeds; see the unit test.
ROWS_PER_AIRFRAME = 0.75
_BOGUS_ADDRESSES = (0x123456, 0x001414)
_FLEET, _BLOCK, _ADDRESS, _SERVICE = range(4)

# Aircraft in the world by hour (UTC), of a logged day in July 2025, as shares of its peak.
_BY_HOUR = (
    0.65, 0.58, 0.52, 0.47, 0.45, 0.45, 0.46, 0.48, 0.54, 0.61, 0.68, 0.75,
    0.81, 0.87, 0.92, 0.96, 1.0, 1.0, 1.0, 0.94, 0.88, 0.82, 0.77, 0.73,
)  # fmt: skip


class InventedTraffic:
    """A sky of about `aircraft` rows; the same seed gives the same sky at the same moment.

    Args:
        aircraft: State vectors in a picture (with `daily_rhythm`: at the busiest hour).
        seed: Which sky.
        grid: When pictures change.
        outliers: Share of rows with one wrong value, 0 to 1.
        daily_rhythm: Fewer aircraft at night in America and Europe.
    """

    is_known_ahead = True

    def __init__(
        self,
        *,
        aircraft: int,
        seed: int,
        grid: Grid,
        outliers: float = 0.002,
        daily_rhythm: bool = False,
    ) -> None:
        self._grid = grid
        self._outliers = outliers
        self._daily_rhythm = daily_rhythm
        self._fleet = _build_fleet(
            seed, math.ceil(aircraft / ROWS_PER_AIRFRAME), bogus=outliers > 0
        )

    def step_at(self, moment: float) -> int:
        """Return the number of the picture shown at a Unix time."""
        return self._grid.step_at(moment)

    def picture(self, step: int) -> Picture:
        """Return the picture with this number."""
        moment = self._grid.moment_of(step)
        rows = [row for airframe in self._fleet if (row := self._row(airframe, moment))]
        return Picture(moment, rows)

    def _row(self, airframe: Airframe, moment: int) -> Row | None:
        number, start = airframe.leg_at(moment)
        if self._daily_rhythm and not _is_in_service(airframe.key, number, start):
            return None
        leg = airframe.leg(number)
        contact = contact_at(
            airframe.key, moment, first=start + leg.first_received, last=start + leg.last_received
        )
        if contact is None:
            return None
        last_contact, position = contact
        motion = leg.flight.at(position - start)
        row = state_vector(
            airframe,
            leg,
            motion,
            time_position=position if position >= start + leg.first_position else None,
            last_contact=last_contact,
        )
        if self._outliers:
            distort(row, airframe.key, last_contact, self._outliers)
        return row


def _build_fleet(seed: int, size: int, *, bogus: bool) -> list[Airframe]:
    """Draw airframes by the shares of their countries, each address once."""
    limits = list(accumulate(block.rows for block in BLOCKS))
    taken: set[int] = set()
    fleet = []
    for place in range(size):
        key = draw(seed, _FLEET, place)
        block = BLOCKS[bisect_right(limits, unit(key, _BLOCK) * limits[-1])]
        address = _free_address(key, block, taken)
        if bogus and place < len(_BOGUS_ADDRESSES):
            address = _BOGUS_ADDRESSES[place]
        taken.add(address)
        fleet.append(
            Airframe(key, address=address, iso2=block.iso2, origin_country=origin_country(address))
        )
    return fleet


def _free_address(key: int, block: Block, taken: set[int]) -> int:
    size = block.last - block.first + 1
    address = block.first + int(unit(key, _ADDRESS) * size)
    # A block of 256 addresses can be full in a fleet of tens of thousands: go on beyond it.
    while address in taken:
        address += 1
    return address


def _is_in_service(key: int, number: int, start: float) -> bool:
    """Tell whether a leg is flown: at night some are not."""
    hour, minutes = divmod(start / 3600 % 24, 1)
    before, after = _BY_HOUR[int(hour)], _BY_HOUR[(int(hour) + 1) % 24]
    return unit(key, _SERVICE, number) < before + (after - before) * minutes
