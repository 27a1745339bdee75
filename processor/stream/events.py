"""The events of the stream: names, data and ids, before they are written for any wire."""

from collections.abc import Sequence

import msgspec

from processor.stream.output_format import OutputFormat


class Event(msgspec.Struct, frozen=True):
    """One event.

    Attributes:
        data: JSON, which has no line breaks of its own.
        id: Up to where the viewer has seen the log once it has this event.
        retry_ms: When to come back, after a farewell.
    """

    name: str
    data: bytes
    id: str | None = None
    retry_ms: int | None = None


def snapshot(rows: Sequence[bytes], shape: OutputFormat, *, id: str, now: float) -> Event:  # noqa: A002
    """Every aircraft: whatever the viewer held before is to be dropped."""
    names = msgspec.json.encode(shape.fields) if shape.format == "row" else b""
    return Event("snapshot", _states(rows, shape, now, names), id)


def changes(
    rows: Sequence[bytes],
    removed: Sequence[str],
    shape: OutputFormat,
    *,
    id: str,  # noqa: A002
    now: float,
) -> list[Event]:
    """Remove, then update; the last one carries the id, so that a viewer is told both or again."""
    events = []
    if removed:
        events.append(removal(removed, id=None if rows else id, now=now))
    if rows:
        events.append(Event("update", _states(rows, shape, now), id))
    return events


def removal(removed: Sequence[str], *, id: str | None, now: float) -> Event:  # noqa: A002
    """Aircraft that are gone, or have left the viewer's filter."""
    data = {"time": int(now), "icao24": removed}
    return Event("remove", msgspec.json.encode(data), id)


def heartbeat(aircraft: int, *, id: str, now: float) -> Event:  # noqa: A002
    """A sign of life with the position: one that stands still for long shows a stalled source."""
    data = {"time": int(now), "aircraft": aircraft}
    return Event("heartbeat", msgspec.json.encode(data), id)


def reset(reason: str) -> Event:
    """What the viewer missed is not known for certain; a snapshot follows."""
    return Event("reset", msgspec.json.encode({"reason": reason}))


def close_event(name: str, reason: str, retry_ms: int) -> Event:
    """The last event of a stream (`bye`, `overloaded`), and when to come back."""
    return Event(name, msgspec.json.encode({"reason": reason}), retry_ms=retry_ms)


def error(reason: str, *, parameter: str | None = None, id: str | None = None) -> Event:  # noqa: A002
    """What the viewer asks for cannot be given; trying again will not help."""
    data = {"reason": reason} if parameter is None else {"parameter": parameter, "reason": reason}
    return Event("error", msgspec.json.encode(data), id)


def _states(rows: Sequence[bytes], shape: OutputFormat, now: float, fields: bytes = b"") -> bytes:
    time, joined = int(now), b",".join(rows)
    if shape.format == "geojson":
        return b'{"type":"FeatureCollection","time":%d,"features":[%s]}' % (time, joined)
    if fields:
        return b'{"time":%d,"fields":%s,"states":[%s]}' % (time, fields, joined)
    return b'{"time":%d,"states":[%s]}' % (time, joined)
