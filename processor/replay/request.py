"""Which part of the past a viewer wants to see, and how fast."""

import math
from collections.abc import Iterable
from typing import Literal

import msgspec

from processor.history.window import WindowError, parse_moment
from processor.stream.filter import FilterError
from processor.stream.log_position import LogPosition, parse_event_id

PARAMETERS = frozenset({"from", "to", "speed"})

MAX_SPEED = 600
AT_ONCE = ("0", "max")

CERTAIN, UNCERTAIN = "replay", "nearly"
"""Epochs of the ids of a replay: of those that can be gone on from, and of those so close to now
that state vectors older than them may have been stored since. No log has such a short name."""

DAY = 86_400
Opening = Literal["snapshot", "reset", "nothing"]


class ReplayRequest(msgspec.Struct, frozen=True, eq=False):
    """From when to when, and how fast; times in Unix seconds.

    Attributes:
        since: What `from` says.
        until: The second after what `to` says; None: up to now, and then live.
        speed: Seconds of event time in a second, None: as fast as the viewer takes it.
        start: Where it begins, for who comes back later than `since`.
        opening: What is told first.
    """

    since: int
    until: int | None
    speed: float | None
    start: int
    opening: Opening = "snapshot"

    @property
    def is_over(self) -> bool:
        """Whether all has been seen."""
        return self.until is not None and self.start >= self.until

    def position(self) -> LogPosition:
        """Return where it begins."""
        return LogPosition(CERTAIN, (self.start,))


def parse_question(pairs: Iterable[tuple[str, str]], now: float) -> ReplayRequest | None:
    """Read `from`, `to` and `speed`; None where there is none of them.

    Raises:
        FilterError: Naming the parameter.
    """
    values = {}
    for name, value in pairs:
        if name in values:
            raise FilterError(name, "given twice; once is enough")
        if name in PARAMETERS:
            values[name] = value
    if not values:
        return None
    if "from" not in values:
        raise FilterError(next(iter(values)), "a replay needs from as well")
    since = _moment("from", values["from"])
    if since > now:
        raise FilterError("from", f"{values['from']!r} has not come yet")
    until = _end(values["to"], since, now) if "to" in values else None
    speed = _speed(values["speed"]) if "speed" in values else None if until is None else 1.0
    return ReplayRequest(since, until, speed, since)


def resume(question: ReplayRequest, last_event_id: str, tag: str) -> ReplayRequest | None:
    """Return where a viewer goes on that comes back; None when it has arrived at live already.

    Args:
        question: What it asks for, again.
        last_event_id: The last id that it has seen; empty if none.
        tag: Of its view, as the ids have it.
    """
    if not last_event_id:
        return question
    anew = msgspec.structs.replace(question, opening="reset")
    seen = parse_event_id(last_event_id)
    if seen is None:
        return anew
    if seen.position.epoch not in (CERTAIN, UNCERTAIN):
        return None if question.until is None else anew
    start = seen.position.offsets[0]
    if start < question.since or (question.until is not None and start > question.until):
        return anew
    is_certain = seen.position.epoch == CERTAIN and seen.tag == tag
    return msgspec.structs.replace(
        question, start=start, opening="nothing" if is_certain else "reset"
    )


def check_window(question: ReplayRequest, max_days: int, now: float) -> None:
    """Refuse more than one replay may ask for.

    Raises:
        WindowError: Saying the limit.
    """
    seconds = (now if question.until is None else question.until) - question.start
    if seconds > max_days * DAY:
        raise WindowError(
            "from",
            f"{seconds / DAY:.1f} days; {max_days} at the most may be replayed at a time"
            " (history.max_window_days)",
        )


def _end(text: str, since: int, now: float) -> int:
    """Return the second after `to`, which is included as everywhere in the history."""
    last = _moment("to", text)
    if not since <= last <= now:
        raise FilterError("to", f"{text!r} is not between from and now; without it comes live")
    return last + 1


def _moment(name: str, text: str) -> int:
    try:
        return int(parse_moment(text).timestamp())
    except ValueError as error:
        raise FilterError(name, str(error)) from None


def _speed(text: str) -> float | None:
    if text in AT_ONCE:
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not 1 <= speed <= MAX_SPEED:
        raise FilterError("speed", f"{text!r} is neither 1 to {MAX_SPEED} nor max")
    return speed
