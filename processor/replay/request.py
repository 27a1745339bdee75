"""Read the parameters of a replay request, resume one at an event id, and limit its time range."""

import math
from collections.abc import Iterable

import msgspec

from processor.history.window import WindowTooLongError, parse_moment
from processor.stream.filter import FilterError
from processor.stream.log_position import parse_event_id
from processor.stream.replay_request import ReplayRequest, parse_replay_event_id

PARAMETERS = frozenset({"from", "to", "speed"})

MAX_SPEED = 600
"""Seconds of event time in one second: an hour in 6 s. Faster than that is `max`."""

UNPACED = ("0", "max")
"""Values of `speed` that mean "as fast as the subscriber reads"."""

DAY_SECONDS = 86_400

CLIENT_AHEAD_SECONDS = 60
"""How far a client's clock may be ahead of ours. Browsers of the same machine differ by some
milliseconds already, which is a second when times are whole seconds."""


def parse_replay_request(pairs: Iterable[tuple[str, str]], now: float) -> ReplayRequest | None:
    """Read `from`, `to` and `speed`; return None if a request has none of them.

    Raises:
        FilterError: A parameter cannot be used; the error names it.
    """
    values = {}
    for name, value in pairs:
        if name in values:
            raise FilterError(name, "is given twice; give it once")
        if name in PARAMETERS:
            values[name] = value
    if not values:
        return None
    if "from" not in values:
        raise FilterError(next(iter(values)), "a replay needs the parameter from as well")
    start = _parse_past("from", values["from"], now)
    end = _parse_end(values["to"], start, now) if "to" in values else None
    speed = _parse_speed(values["speed"]) if "speed" in values else None if end is None else 1.0
    return ReplayRequest(start, end, speed, start)


def resume(request: ReplayRequest, last_event_id: str, tag: str) -> ReplayRequest | None:
    """Return the request that goes on after the last event that a client received.

    Args:
        request: The request that the client repeats.
        last_event_id: The id of the last event that it received; empty if there was none.
        tag: The tag of its query, as in event ids.

    Returns:
        The request with its `start` and `opening` set, or None if the replay has already switched
        to the live stream.
    """
    if not last_event_id:
        return request
    from_beginning = msgspec.structs.replace(request, opening="reset")
    replayed = parse_replay_event_id(last_event_id)
    if replayed is None:
        is_live = parse_event_id(last_event_id) is not None
        return None if is_live and request.end is None else from_beginning
    start = replayed.second
    if start < request.requested_start or (request.end is not None and start > request.end):
        return from_beginning
    is_certain = replayed.is_complete and replayed.tag == tag
    return msgspec.structs.replace(
        request, start=start, opening="nothing" if is_certain else "reset"
    )


def check_window(request: ReplayRequest, max_days: int, now: float) -> None:
    """Refuse a time range that is longer than one replay may cover.

    Raises:
        WindowTooLongError: The range is too long; the text states the limit and its setting.
    """
    seconds = (now if request.end is None else request.end) - request.start
    if seconds > max_days * DAY_SECONDS:
        raise WindowTooLongError(
            "from",
            f"the range covers {seconds / DAY_SECONDS:.1f} days; one replay covers at most"
            f" {max_days} (history.max_window_days): choose a later from or an earlier to",
        )


def _parse_end(text: str, start: int, now: float) -> int:
    """Return the second after `to`, because a range includes its last second."""
    last = _parse_past("to", text, now)
    if last < start:
        raise FilterError("to", f"{text!r} is earlier than from")
    return last + 1


def _parse_past(name: str, text: str, now: float) -> int:
    """Return a second that is not later than now: a time just ahead of our clock is taken as now.

    Raises:
        FilterError: It is no time, or one in the future.
    """
    try:
        second = int(parse_moment(text).timestamp())
    except ValueError as error:
        raise FilterError(name, str(error)) from None
    if second > now + CLIENT_AHEAD_SECONDS:
        remedy = "give a time in the past, or no `to` to go on with live data"
        raise FilterError(name, f"{text!r} is in the future; {remedy}")
    return min(second, int(now))


def _parse_speed(text: str) -> float | None:
    if text in UNPACED:
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not 1 <= speed <= MAX_SPEED:
        raise FilterError("speed", f"{text!r} is neither a number from 1 to {MAX_SPEED} nor max")
    return speed
