"""What the processor says of itself: whether it is ready, and its figures."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import httpx2
from prometheus_client.parser import text_string_to_metric_families

_TIMEOUT_SECONDS = 3.0
_HALVES = ("archive", "live")

_ADVICE = frozenset({"clock", "retention", "columnstore"})
"""Checks of `/ready` that an operator should know of, and that nothing has to wait for."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What the live line shows, and what the stop waits for."""

    aircraft: int
    rows_inserted: int
    messages_accounted: int
    """Messages of the log that are accounted for: inserted, duplicate or dead letter."""

    delay_seconds: float | None
    """None while no aircraft is known."""

    subscribers: int
    failed: tuple[str, ...] = ()
    """The halves that have failed and are tried again: archive, live."""
    clock_offset_seconds: float = 0.0
    """How far this machine's clock is ahead of the time of the data; negative if behind."""


class ProcessorStatus:
    """Asks the processor over HTTP; None or False while it does not answer.

    Args:
        url: Where the processor serves.
        metrics_token: What admits to its metrics where access is controlled; None elsewhere.
    """

    def __init__(self, url: str, metrics_token: str | None) -> None:
        headers = {} if metrics_token is None else {"Authorization": f"Bearer {metrics_token}"}
        # Without proxies and netrc of the environment: it is this machine.
        self._client = httpx2.Client(
            base_url=url, headers=headers, timeout=_TIMEOUT_SECONDS, trust_env=False
        )
        self.failure: str | None = None
        """Why a half had failed when `missing` was last answered; None if none had."""

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def missing(self) -> list[str] | None:
        """Name what it still waits for; empty when it is ready, None without an answer."""
        try:
            checks: dict[str, object] = self._client.get("/ready").json()
        except (httpx2.HTTPError, ValueError):
            return None
        self.failure = _failure(checks)
        return [n for n, holds in checks.items() if holds is False and n not in _ADVICE]

    def figures(self) -> Figures | None:
        """Read its metrics."""
        try:
            response = self._client.get("/metrics").raise_for_status()
        except httpx2.HTTPError:
            return None
        return parse_figures(response.text)


def _failure(checks: Mapping[str, object]) -> str | None:
    """Return which half has failed, and why."""
    reasons = checks.get("reasons")
    if not isinstance(reasons, dict):
        return None
    failures = [f"the {half} half {reasons[half]}" for half in _HALVES if half in reasons]
    return "; ".join(failures) or None


def parse_figures(exposition: str) -> Figures:
    """Pick the figures out of Prometheus' text format; what is not there yet counts as 0."""
    values = _sums(exposition)
    failed = [half for half in _HALVES if values.get(("flightmonitor_processor_half_failed", half))]
    return Figures(
        aircraft=int(values.get(("flightmonitor_live_aircraft", ""), 0)),
        rows_inserted=int(values.get(("flightmonitor_archive_rows_total", "inserted"), 0)),
        # A message may hold several rows, which the other counters count.
        messages_accounted=int(values.get(("flightmonitor_archive_batch_messages_sum", ""), 0)),
        delay_seconds=_finite(values.get(("flightmonitor_live_delay_seconds", ""), math.nan)),
        subscribers=int(values.get(("flightmonitor_stream_subscribers", ""), 0)),
        failed=tuple(failed),
        clock_offset_seconds=_finite(values.get(("flightmonitor_live_clock_offset_seconds", ""), 0))
        or 0.0,
    )


def _sums(exposition: str) -> dict[tuple[str, str], float]:
    """Return each metric by name and, where it has one of those labels, `result` or `half`."""
    sums: dict[tuple[str, str], float] = {}
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            key = (sample.name, sample.labels.get("result", sample.labels.get("half", "")))
            sums[key] = sums.get(key, 0.0) + sample.value
    return sums


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
