"""The time that the data show, carried on by the monotonic clock between two messages."""

import math
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from processor.message import FUTURE_SECONDS

AGREEMENT_SECONDS = 30
"""An answer this much later than the latest clock is still taken at its word: polls are up to 15 s
apart where they are frequent, and clocks kept by NTP differ by far less than a second."""

REVIEW_SECONDS = 300
"""An error towards the future is forgotten after one to two times this. Longer than the time
between two polls of an account that may back-fill (86 s): answers of the past must not count."""

ANSWERS_TO_CONVINCE = 3
"""Answers that must agree before all of them are right and the clocks of this host are wrong."""


class Evidence(NamedTuple):
    """What one message shows of the time.

    Attributes:
        data_time: `poll-time`, or `last_contact` without one (Unix seconds).
        published_at: Kafka's timestamp of the message (Unix seconds), None where it has none.
        answer: Equal for messages of one answer, which count as one.
    """

    data_time: int
    published_at: int | None
    answer: int


class DataClock:
    """Unix time as the data have it; steps of the host's clock do not move it.

    The least delayed message is the best one, so the latest time counts. Between messages the
    monotonic clock moves it on: when the collector is silent, aircraft still expire.

    Until the log has been read to its end a message may be of any age. Its age is then what the
    host's clock says since its publication. The first fresh message shows how far the host's clock
    and the publisher's are apart, and that is taken off again.

    A time later than both this clock and the host's, by more than `AGREEMENT_SECONDS`, counts only
    once three answers agree on it, none of them later than its own publication. Without any
    message it is the host's time.
    """

    def __init__(
        self,
        *,
        host: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._host = host
        self._monotonic = monotonic
        self._is_confirmed = False
        self._ahead: dict[int, float] = {}
        self._lead_before = self._lead = -math.inf
        self._review_at = monotonic() + REVIEW_SECONDS

    def __call__(self) -> float:
        """Return the time of the data (Unix seconds)."""
        lead = max(self._lead_before, self._lead)
        return self._host() if lead == -math.inf else self._monotonic() + lead

    @property
    def offset_seconds(self) -> float | None:
        """How far the host's clock is ahead of the data, negative if behind; None until known."""
        is_known = max(self._lead_before, self._lead) > -math.inf
        return self._host() - self() if is_known else None

    def observe(self, evidence: Iterable[Evidence], *, is_fresh: bool) -> None:
        """Take in what messages show that were received just now.

        Args:
            evidence: One for each message; repetitions may be left out.
            is_fresh: Whether the end of the log had been reached before they came.
        """
        found = list(evidence)
        if is_fresh and not self._is_confirmed:
            self._correct_ages(found)
        leads = [self._judge(each, is_fresh=is_fresh) for each in found]
        credible = [lead for lead in leads if lead is not None]
        if credible:
            self._take(max(credible))

    def _correct_ages(self, fresh: Iterable[Evidence]) -> None:
        """Take off what the host's clock is ahead of the publisher's: these were published now."""
        published = [
            each.published_at
            for each in fresh
            if each.published_at is not None and not _is_contradicted(each)
        ]
        if published:
            self._is_confirmed = True
            too_old = max(0.0, self._host() - max(published))
            self._lead_before -= too_old
            self._lead -= too_old

    def _judge(self, evidence: Evidence, *, is_fresh: bool) -> float | None:
        """Return by how much the data are ahead of the monotonic clock, None if not credible."""
        host = self._host()
        age = 0.0
        if not is_fresh and not self._is_confirmed and evidence.published_at is not None:
            age = max(0.0, host - evidence.published_at)
        shown = evidence.data_time + age
        lead = shown - self._monotonic()
        if shown > max(host, self()) + AGREEMENT_SECONDS:
            return self._count_vote(evidence, lead)
        if shown >= self() - AGREEMENT_SECONDS:
            self._ahead.clear()
        return lead

    def _count_vote(self, evidence: Evidence, lead: float) -> float | None:
        """Return the least of three answers that say the same, None until there are three."""
        if _is_contradicted(evidence):
            return None
        self._ahead.setdefault(evidence.answer, lead)
        if len(self._ahead) < ANSWERS_TO_CONVINCE:
            return None
        agreed = min(self._ahead.values())
        self._ahead.clear()
        return agreed

    def _take(self, lead: float) -> None:
        now = self._monotonic()
        if now >= self._review_at:
            self._lead_before, self._lead = self._lead, -math.inf
            self._review_at = now + REVIEW_SECONDS
        self._lead = max(self._lead, lead)


def _is_contradicted(evidence: Evidence) -> bool:
    """Whether the data are later than their own publication, by more than clocks differ."""
    published_at = evidence.published_at
    return published_at is not None and evidence.data_time > published_at + FUTURE_SECONDS
