"""The ticks of each set of areas that principals with an open stream are restricted to."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import msgspec

from processor.bounding_box import BoundingBox
from processor.live.fleet import Fleet
from processor.live.restricted_fleet import RestrictedFleet
from processor.live.tick import Tick

Areas: TypeAlias = tuple[BoundingBox, ...]


class _AreaTicks(msgspec.Struct):
    """The newest tick of one set of areas, while streams with these areas are open."""

    n_subscribers: int = 0
    tick_number: int = 0
    tick: Tick | None = None


class RestrictedTicks:
    """Numbers the ticks of each set of areas separately, and only those with changes inside.

    So a stream does not reveal, however slowly it is read, how often messages of aircraft outside
    arrive. There are as many sets of areas as the open streams have.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._by_areas: dict[Areas, _AreaTicks] = {}
        self._fleet: Fleet | None = None

    def __len__(self) -> int:
        return len(self._by_areas)

    def add_subscriber(self, areas: Sequence[BoundingBox]) -> None:
        """Count a subscriber that is restricted to areas; without areas, do nothing."""
        if areas:
            self._by_areas.setdefault(tuple(areas), _AreaTicks()).n_subscribers += 1

    def remove_subscriber(self, areas: Sequence[BoundingBox]) -> None:
        """Undo `add_subscriber`, and discard the ticks of areas without subscribers."""
        if not areas:
            return
        ticks = self._by_areas[tuple(areas)]
        ticks.n_subscribers -= 1
        if not ticks.n_subscribers:
            del self._by_areas[tuple(areas)]

    def open(self, fleet: Fleet) -> None:
        """Follow another fleet, which has had its first tick; all subscribers must catch up."""
        self._fleet = fleet
        for ticks in self._by_areas.values():
            ticks.tick_number += 2
            ticks.tick = None

    def suspend(self) -> None:
        """Forget the fleet until `open`."""
        self._fleet = None
        for ticks in self._by_areas.values():
            ticks.tick = None

    def advance(self, *, is_heartbeat: bool) -> None:
        """Publish what the fleet's newest tick has changed inside each set of areas."""
        n_caches = len(self._by_areas)
        for ticks in self._by_areas.values():
            if ticks.tick is None:
                continue
            tick = ticks.tick.next(is_heartbeat=is_heartbeat, n_caches=n_caches)
            if tick is not None:
                ticks.tick, ticks.tick_number = tick, tick.number

    def current_tick(self, areas: Sequence[BoundingBox]) -> Tick | None:
        """Return the newest tick for subscribers with these areas; None before `open`."""
        ticks = self._by_areas[tuple(areas)]
        if ticks.tick is None and self._fleet is not None:
            inside = RestrictedFleet(self._fleet, areas)
            n_caches = len(self._by_areas)
            ticks.tick = Tick.first(inside, ticks.tick_number, self._clock, n_caches=n_caches)
        return ticks.tick
