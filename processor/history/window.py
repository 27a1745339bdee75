"""Read times from request parameters, and bound the time range of a request."""

import datetime as dt

import msgspec

from processor.history.errors import InvalidRequestError

EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
LATEST = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
"""Bounds of the time of a state vector (`telemetry.state_vector.UnixSeconds`)."""

TIME_FORMATS = (
    "Unix seconds (1790000000) or ISO 8601 with a zone (2026-09-21T14:13:20Z) between the years"
    " 2000 and 2100"
)


class WindowTooLongError(InvalidRequestError):
    """The time range is longer than one answer may cover. Choose a shorter one."""


class Window(msgspec.Struct, frozen=True):
    """A time range, which includes its start and its end."""

    start: dt.datetime
    end: dt.datetime


EVER = Window(EARLIEST, LATEST)
"""All of time, as far as state vectors may have times."""


def parse_moment(text: str) -> dt.datetime:
    """Read a time, and return it in UTC.

    Raises:
        ValueError: The text is no time, or has no zone; the error states the formats.
    """
    try:
        moment = _from_unix_seconds(text) if _is_number(text) else _from_iso(text)
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{text!r} is not {TIME_FORMATS}") from None
    if moment.tzinfo is None or not EARLIEST <= moment < LATEST:
        raise ValueError(f"{text!r} is not {TIME_FORMATS}")
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
    # In a query, "+" stands for a blank; a client that forgot to escape it meant +01:00.
    return dt.datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)


def choose_window(
    start: dt.datetime | None,
    end: dt.datetime | None,
    *,
    now: float,
    usual: dt.timedelta,
    longest: dt.timedelta,
) -> Window:
    """Return the time range of a request.

    Args:
        start: None is `usual` before the end.
        end: None is the present.
        now: Unix time in seconds.
        usual: The length of the range if the request gives no start.
        longest: The longest range that is allowed.

    Raises:
        InvalidRequestError: The range ends before it begins.
        WindowTooLongError: The range is too long; the error states how to divide it.
    """
    end = end or dt.datetime.fromtimestamp(now, dt.UTC)
    start = start or end - usual
    if start > end:
        raise InvalidRequestError("from", f"{_shown(start)} is later than to, {_shown(end)}")
    if end - start > longest:
        raise WindowTooLongError(
            "from",
            f"{_shown(start)} is {(end - start) / dt.timedelta(days=1):.4g} days before to,"
            f" {_shown(end)}; one answer covers at most {longest.days} days: send a request with"
            f" to={_shown(start + longest)}, the next one with from= that time, and so on",
        )
    return Window(start, end)


def _shown(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
