"""The time of the data, which the monotonic clock continues between messages."""

import math
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from processor.message import FUTURE_SECONDS

AGREEMENT_SECONDS = 30
"""An answer at most this much later than all clocks is believed at once: frequent polls are up to
15 s apart, and clocks kept by NTP differ by far less than a second."""

REVIEW_SECONDS = 300
"""An error towards the future is forgotten after one to two times this. It is longer than the 86 s
between two polls of an account that back-fills, whose answers about the past must not count."""

ANSWERS_TO_CONVINCE = 3
"""Number of answers that must agree before they are believed against the clocks of this host."""


class Evidence(NamedTuple):
    """What one message proves about the time.

    Attributes:
        data_time: `poll-time`, or `last_contact` without one (Unix seconds).
        published_at: Kafka's timestamp of the message (Unix seconds), None where it has none.
        answer: Equal for all messages of one answer, which count once.
    """

    data_time: int
    published_at: int | None
    answer: int


class DataClock:
    """Unix time as the data have it; a step of the host's clock does not change it.

    The latest time of all messages counts, because the least delayed message is the most accurate.
    Between messages the monotonic clock advances it, so that aircraft expire while the collector
    is silent. Before the first message it is the host's time.

    Until the log has been read to its end a message may have any age, which is the host's time
    less the time of its publication. The first fresh message shows by how much the host's clock
    is ahead of the publisher's, and this is subtracted again.

    A time later than both this clock and the host's, by more than `AGREEMENT_SECONDS`, counts only
    once three answers agree on it, none of them later than its own publication.
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
        """Seconds that the host's clock is ahead of the data; None before the first message."""
        is_known = max(self._lead_before, self._lead) > -math.inf
        return self._host() - self() if is_known else None

    def observe(self, evidence: Iterable[Evidence], *, is_fresh: bool) -> None:
        """Take in what the messages received just now prove.

        Args:
            evidence: One item for each message; duplicates may be omitted.
            is_fresh: Whether the log had been read to its end before they arrived.
        """
        found = list(evidence)
        if is_fresh and not self._is_confirmed:
            self._correct_ages(found)
        leads = [self._judge(each, is_fresh=is_fresh) for each in found]
        credible = [lead for lead in leads if lead is not None]
        if credible:
            self._add_lead(max(credible))

    def _correct_ages(self, fresh: Iterable[Evidence]) -> None:
        """Subtract by how much the host's clock is ahead of the publisher's.

        Fresh messages were published just now, so any age of theirs is an error of the clock.
        """
        published = [
            each.published_at
            for each in fresh
            if each.published_at is not None and not _is_contradicted(each)
        ]
        if published:
            self._is_confirmed = True
            error_seconds = max(0.0, self._host() - max(published))
            self._lead_before -= error_seconds
            self._lead -= error_seconds

    def _judge(self, evidence: Evidence, *, is_fresh: bool) -> float | None:
        """Return the data's lead over the monotonic clock (seconds), None if not credible."""
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
        """Return the smallest lead of three answers that agree, None until there are three."""
        if _is_contradicted(evidence):
            return None
        self._ahead.setdefault(evidence.answer, lead)
        if len(self._ahead) < ANSWERS_TO_CONVINCE:
            return None
        agreed = min(self._ahead.values())
        self._ahead.clear()
        return agreed

    def _add_lead(self, lead: float) -> None:
        now = self._monotonic()
        if now >= self._review_at:
            self._lead_before, self._lead = self._lead, -math.inf
            self._review_at = now + REVIEW_SECONDS
        self._lead = max(self._lead, lead)


def _is_contradicted(evidence: Evidence) -> bool:
    """Whether data are later than their own publication by more than clocks may differ."""
    published_at = evidence.published_at
    return published_at is not None and evidence.data_time > published_at + FUTURE_SECONDS
