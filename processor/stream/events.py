"""The events of the stream: names, data and ids, before an encoder writes them."""

from collections.abc import Sequence

import msgspec

from processor.stream.output_format import OutputFormat


class Event(msgspec.Struct, frozen=True):
    """One event.

    Attributes:
        name: As documented in docs/asyncapi.yaml.
        data: JSON without line breaks.
        id: The event id that the subscriber holds after this event; None leaves it as it is.
        retry_ms: After how many milliseconds the client may reconnect; None if that is unchanged.
    """

    name: str
    data: bytes
    id: str | None = None
    retry_ms: int | None = None


def snapshot(rows: Sequence[bytes], output_format: OutputFormat, *, id: str, now: float) -> Event:  # noqa: A002
    """Return every aircraft of a query; the client drops all that it held before."""
    names = msgspec.json.encode(output_format.fields) if output_format.format == "row" else b""
    return Event("snapshot", _states(rows, output_format, now, names), id)


def changes(
    rows: Sequence[bytes],
    removed: Sequence[str],
    output_format: OutputFormat,
    *,
    id: str,  # noqa: A002
    now: float,
) -> list[Event]:
    """Return a removal and an update, as needed.

    Only the last one has the id, so a client that received one of two is sent both again.
    """
    events = []
    if removed:
        events.append(removal(removed, id=None if rows else id, now=now))
    if rows:
        events.append(Event("update", _states(rows, output_format, now), id))
    return events


def removal(removed: Sequence[str], *, id: str | None, now: float) -> Event:  # noqa: A002
    """Return the addresses of aircraft that were removed or do not pass the filter any more."""
    data = {"time": int(now), "icao24": removed}
    return Event("remove", msgspec.json.encode(data), id)


def heartbeat(aircraft: int, *, id: str, now: float) -> Event:  # noqa: A002
    """Return a sign of life with the number of aircraft.

    Its id shows how far the log was read: one that stays the same for long shows a stalled source.
    """
    data = {"time": int(now), "aircraft": aircraft}
    return Event("heartbeat", msgspec.json.encode(data), id)


def reset(reason: str) -> Event:
    """Announce a snapshot because it is not certain what the subscriber has missed."""
    return Event("reset", msgspec.json.encode({"reason": reason}))


def close_event(name: str, reason: str, retry_ms: int) -> Event:
    """Return the last event of a stream, `bye` or `overloaded`, and when to reconnect."""
    return Event(name, msgspec.json.encode({"reason": reason}), retry_ms=retry_ms)


def error(reason: str, *, parameter: str | None = None, id: str | None = None) -> Event:  # noqa: A002
    """Refuse a request that will fail again if it is repeated."""
    data = {"reason": reason} if parameter is None else {"parameter": parameter, "reason": reason}
    return Event("error", msgspec.json.encode(data), id)


def _states(
    rows: Sequence[bytes], output_format: OutputFormat, now: float, fields: bytes = b""
) -> bytes:
    time, joined = int(now), b",".join(rows)
    if output_format.format == "geojson":
        return b'{"type":"FeatureCollection","time":%d,"features":[%s]}' % (time, joined)
    if fields:
        return b'{"time":%d,"fields":%s,"states":[%s]}' % (time, fields, joined)
    return b'{"time":%d,"states":[%s]}' % (time, joined)
