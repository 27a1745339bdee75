"""Moments and spans of time as parameters give them, and how long a span may be."""

import datetime as dt

import msgspec

from processor.history.errors import InvalidRequestError

EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
LATEST = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
"""What a state vector's time may be (telemetry.state_vector.UnixSeconds)."""

WANTED = (
    "Unix seconds (1790000000) or ISO 8601 with a zone (2026-09-21T14:13:20Z) between the years"
    " 2000 and 2100"
)


class WindowTooLongError(InvalidRequestError):
    """More time is asked for than one answer may cover."""


class Window(msgspec.Struct, frozen=True):
    """From and to, both included."""

    start: dt.datetime
    end: dt.datetime


EVER = Window(EARLIEST, LATEST)


def parse_moment(text: str) -> dt.datetime:
    """Read a moment.

    Raises:
        ValueError: What is wrong and what is wanted.
    """
    try:
        moment = _from_unix_seconds(text) if _is_number(text) else _from_iso(text)
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{text!r} is not {WANTED}") from None
    if moment.tzinfo is None or not EARLIEST <= moment < LATEST:
        raise ValueError(f"{text!r} is not {WANTED}")
    return moment.astimezone(dt.UTC)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _from_unix_seconds(text: str) -> dt.datetime:
    return dt.datetime.fromtimestamp(float(text), dt.UTC)


def _from_iso(text: str) -> dt.datetime:
    # Who forgets that + in a query is a blank means +01:00.
    return dt.datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)


def choose_window(
    start: dt.datetime | None,
    end: dt.datetime | None,
    *,
    now: float,
    usual: dt.timedelta,
    longest: dt.timedelta,
) -> Window:
    """Complete what a request leaves out: until now, and from the usual time before.

    Raises:
        InvalidRequestError: It ends before it begins.
        WindowTooLongError: It is longer than the longest.
    """
    end = end or dt.datetime.fromtimestamp(now, dt.UTC)
    start = start or end - usual
    if start > end:
        raise InvalidRequestError("from", f"{_shown(start)} is later than to, {_shown(end)}")
    if end - start > longest:
        raise WindowTooLongError(
            "from",
            f"{_shown(start)} is {(end - start) / dt.timedelta(days=1):.4g} days before to,"
            f" {_shown(end)}; one answer covers {longest.days} days at the most: ask once with"
            f" to={_shown(start + longest)}, then with from= that, and so on",
        )
    return Window(start, end)


def _shown(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
