"""Turns gaps into the past moments that are asked for, as far as the credits reach."""

from collections.abc import Iterable

import structlog

from collector.back_fill import HISTORY_SECONDS, MARGIN_SECONDS, BackFill, Moment, moments_between
from collector.coverage import Gap
from collector.credits import Governor, cost_of
from collector.settings import Area

GLOBE = "global"
"""The source of what was asked without a box."""

BACK_FILL_SHARE = 0.5
"""Of the credits above the reserve; the rest is for the live polls until the refill."""

log = structlog.stdlib.get_logger()


def source_of(area: Area | None) -> str:
    """Return how messages and logs name an area."""
    return GLOBE if area is None else area.name


class Planner:
    """Spaces the moments of a gap like polls, or wider when the credits do not suffice."""

    def __init__(
        self, *, governor: Governor, areas: tuple[Area | None, ...], max_seconds: int
    ) -> None:
        """Plan for these areas; `max_seconds` is how far back, 0 for never."""
        self._governor = governor
        self._areas = areas
        self._cost = sum(cost_of(area) for area in areas)
        self._reach = min(max_seconds, HISTORY_SECONDS - 2 * MARGIN_SECONDS)

    def plan(self, gaps: Iterable[tuple[Area | None, Gap]], interval: float) -> list[BackFill]:
        """Return what is to be asked; gaps that begin together are filled in together.

        Args:
            gaps: With the area that they belong to.
            interval: Seconds from one poll to the next.
        """
        if self._reach <= 0:
            return []
        together: dict[int, list[tuple[Area | None, Gap]]] = {}
        for area, gap in gaps:
            together.setdefault(id(gap.before), []).append((area, gap))
        return [
            back_fill
            for each in together.values()
            if (back_fill := self._back_fill(each, interval)) is not None
        ]

    def _back_fill(self, gaps: list[tuple[Area | None, Gap]], interval: float) -> BackFill | None:
        moments = [each for area, gap in gaps for each in self._moments(area, gap, interval)]
        if not moments:
            return None
        back_fill = BackFill(moments=moments, before=gaps[0][1].before.copy())
        for _, gap in gaps:
            back_fill.note_live(gap.published_since)
        return back_fill

    def _moments(self, area: Area | None, gap: Gap, interval: float) -> list[Moment]:
        after = max(gap.after, gap.until - self._reach)
        moments = self._spaced(area, gap, after, interval)
        log.info(
            "back_fill_planned",
            source=source_of(area),
            outage_seconds=gap.until - gap.after,
            moments=len(moments),
            credits_spendable=round(self._governor.spendable),
        )
        return moments

    def _spaced(self, area: Area | None, gap: Gap, after: int, interval: float) -> list[Moment]:
        allowance = BACK_FILL_SHARE * self._governor.spendable / len(self._areas)
        if allowance < cost_of(area):
            return []
        spacing = max(
            min(interval, self._governor.even_interval(self._cost)),
            (gap.until - after) * cost_of(area) / allowance,
        )
        moments = moments_between(after, gap.until, spacing, area)
        if not moments and gap.failed_time is not None:
            return [Moment(gap.failed_time, area)]
        return moments
