"""Plan which past moments of a gap are requested, as far as the credits reach."""

from collections.abc import Iterable

import structlog

from collector.coverage import Gap
from collector.credits import Governor, cost_of
from collector.outage import (
    HISTORY_SECONDS,
    MARGIN_SECONDS,
    Outage,
    PastMoment,
    moments_between,
)
from collector.settings import Area

GLOBE = "global"
"""The source of state vectors that were requested without a box."""

BACK_FILL_SHARE = 0.5
"""Share of the credits above the reserve that a back-fill may use; the rest is for the live polls
until the credits are refilled."""

log = structlog.stdlib.get_logger()


def source_of(area: Area | None) -> str:
    """Return the name of an area in messages and logs."""
    return GLOBE if area is None else area.name


class Planner:
    """Spaces the moments of a gap like live polls, or wider where the credits do not suffice."""

    def __init__(
        self, *, governor: Governor, areas: tuple[Area | None, ...], max_seconds: int
    ) -> None:
        """Plan for these areas.

        Args:
            governor: Knows the credits.
            areas: The boxes that are polled; None for the globe.
            max_seconds: How far back a gap is filled in; 0 for never.
        """
        self._governor = governor
        self._areas = areas
        self.cost = sum(cost_of(area) for area in areas)
        self._reach = min(max_seconds, HISTORY_SECONDS - 2 * MARGIN_SECONDS)

    def plan(self, gaps: Iterable[tuple[Area | None, Gap]], interval: float) -> list[Outage]:
        """Return one outage for all gaps that begin together.

        Args:
            gaps: Each with its area.
            interval: Seconds from one poll to the next.
        """
        if self._reach <= 0:
            return []
        together: dict[int, list[tuple[Area | None, Gap]]] = {}
        for area, gap in gaps:
            together.setdefault(id(gap.before), []).append((area, gap))
        return [
            outage
            for each in together.values()
            if (outage := self._outage(each, interval)) is not None
        ]

    def _outage(self, gaps: list[tuple[Area | None, Gap]], interval: float) -> Outage | None:
        moments = [each for area, gap in gaps for each in self._moments(area, gap, interval)]
        if not moments:
            return None
        outage = Outage(moments=moments, before=gaps[0][1].before.copy())
        for _, gap in gaps:
            outage.note_live(gap.published_since)
        return outage

    def _moments(self, area: Area | None, gap: Gap, interval: float) -> list[PastMoment]:
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

    def _spaced(self, area: Area | None, gap: Gap, after: int, interval: float) -> list[PastMoment]:
        allowance = BACK_FILL_SHARE * self._governor.spendable / len(self._areas)
        if allowance < cost_of(area):
            return []
        spacing = max(
            min(interval, self._governor.even_interval(self.cost)),
            (gap.until - after) * cost_of(area) / allowance,
        )
        moments = moments_between(after, gap.until, spacing, area)
        if not moments and gap.failed_time is not None:
            return [PastMoment(gap.failed_time, area)]
        return moments
