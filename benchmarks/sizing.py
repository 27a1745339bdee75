"""Sizes three installations from the results of the benchmarks, as a table of docs/scaling.md."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NEEDED = ("archive", "memory", "scaling", "storage", "subscriber_memory")
"""The results that the sizes are computed from."""

_DAY_SECONDS = 86_400
_DAY_MINUTES = 1_440
_MILLION = 1e6
_LEAST_SHOWN = 0.001
_TERABYTE = 1e12
_TOPIC_HOURS = 72
"""The default of `kafka.retention_hours`."""

_MINUTES_DAYS = 365
"""The default of `database.minutely_retention_days`."""


@dataclass(frozen=True)
class _Installation:
    """What decides the size of one installation.

    Attributes:
        name: For whom it is.
        aircraft: In the air at a time, over the whole day.
        poll_seconds: Time between two polls.
        changed_share: The share of them that has a new state vector at a poll.
        viewers: At a time.
        days: How long state vectors are kept.
    """

    name: str
    aircraft: int
    poll_seconds: float
    changed_share: float
    viewers: int
    days: int

    @property
    def rows_a_day(self) -> float:
        return self.aircraft * self.changed_share * _DAY_SECONDS / self.poll_seconds

    @property
    def minutes_a_day(self) -> float:
        """Rows of the minutely table: no more than state vectors."""
        return min(self.aircraft * _DAY_MINUTES, self.rows_a_day)


INSTALLATIONS = (
    _Installation("an airport: a box of 2 by 2 degrees", 60, 21.6, 0.9, 5, 365),
    _Installation("the globe with a free account", 10_000, 86.4, 0.98, 100, 30),
    _Installation("the globe every 10 s", 10_000, 10.0, 0.75, 10_000, 30),
)


def sizing_table(results: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the lines of the table; needs the results of `NEEDED`."""
    heading = (
        *("installation", "rows a day", "archive", "database", "live half", "memory, both halves"),
        *("topic, 72 h", "state vectors on disk", "minutes of a year on disk"),
    )
    lines = [f"| {' | '.join(heading)} |", "|---" + "|--:" * (len(heading) - 1) + "|"]
    return lines + [f"| {' | '.join(_cells(each, results))} |" for each in INSTALLATIONS]


def _cells(one: _Installation, results: Mapping[str, Mapping[str, Any]]) -> list[str]:
    archive, scaling = results["archive"], results["scaling"]
    rows_a_second = one.rows_a_day / _DAY_SECONDS
    client = rows_a_second * _median(archive, "TimescaleDB: archive's processor time, fresh") / 1e6
    server = rows_a_second * _median(archive, "TimescaleDB: bare server's processor time") / 1e6
    event_ms = (
        _median(scaling, "event, without viewers (fitted)") * one.aircraft / _measured(scaling)
    )
    viewers_ms = one.viewers * _median(scaling, "event, each viewer (fitted)") / 1e3
    live = (event_ms + viewers_ms) / 1e3 / one.poll_seconds
    return [
        f"{one.name}; {one.viewers:,} viewers, {one.days} days",
        _rounded(one.rows_a_day),
        *(_share(core) for core in (client, server, live)),
        f"{_memory_mib(one, results):,.0f} MiB",
        _bytes(one.rows_a_day * _TOPIC_HOURS / 24 * _median(scaling, "topic, 1 rows a message")),
        _disk(one.rows_a_day * one.days, results, "stored_state_vectors"),
        _disk(one.minutes_a_day * _MINUTES_DAYS, results, "minutely_state_vectors"),
    ]


def _memory_mib(one: _Installation, results: Mapping[str, Mapping[str, Any]]) -> float:
    halves = sum(
        _median(results["memory"], f"role {role}: private memory, second half")
        for role in ("archive", "live")
    )
    viewer = results["subscriber_memory"]
    kib = _median(viewer, "idle viewer, zstd: server's process") + _median(
        viewer, "idle viewer, zstd: kernel, structures of both ends (slab of the machine)"
    )
    return halves + one.viewers * kib / 1024


def _disk(rows: float, results: Mapping[str, Mapping[str, Any]], table: str) -> str:
    megabytes = _median(results["storage"], f"TimescaleDB Apache: {table}, total")
    return _bytes(rows / _MILLION * megabytes * 1e6)


def _measured(scaling: Mapping[str, Any]) -> int:
    """Return the number of aircraft whose events were measured."""
    return int(scaling["details"]["aircraft"])


def _median(result: Mapping[str, Any], name: str) -> float:
    return next(float(each["median"]) for each in result["figures"] if each["name"] == name)


def _share(core: float) -> str:
    return f"{core:.1%}" if core >= _LEAST_SHOWN else f"under {_LEAST_SHOWN:.1%}"


def _bytes(size: float) -> str:
    unit, divisor = ("TB", 1e12) if size >= _TERABYTE else ("GB", 1e9)
    return f"{_two_digits(size / divisor):,g} {unit}"


def _rounded(rows: float) -> str:
    return f"{_two_digits(rows):,.0f}"


def _two_digits(value: float) -> float:
    return round(value, 1 - math.floor(math.log10(value)))
