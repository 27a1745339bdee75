"""The events of the stream as bytes, each encoded once for all viewers."""

import msgspec

from processor.live.position import Position
from processor.live.tracker import Changes

PIECE_BYTES = 1024 * 1024
"""A viewer that stalls holds a piece at the most in the server's buffers, not a whole picture."""

Pieces = tuple[bytes, ...]
"""One or several events, cut where it suits the buffers; shared by all who get them."""


def snapshot(rows: list[bytes], position: Position, now: float) -> bytes:
    """Every aircraft: whatever the viewer held before is to be dropped."""
    return _event("snapshot", _states(rows, now), position)


def changes(changed: Changes, position: Position, now: float) -> bytes:
    """Remove, then update; the last one carries the id, so that a viewer is told both or again."""
    removal = b""
    if changed.removed:
        data = msgspec.json.encode({"time": int(now), "icao24": changed.removed})
        removal = _event("remove", data, None if changed.rows else position)
    if not changed.rows:
        return removal
    return removal + _event("update", _states(changed.rows, now), position)


def heartbeat(aircraft: int, position: Position, now: float) -> bytes:
    """A sign of life with the position: one that stands still for long shows a stalled source."""
    data = msgspec.json.encode({"time": int(now), "aircraft": aircraft})
    return _event("heartbeat", data, position)


def reset(reason: str) -> bytes:
    """What the viewer missed is not known for certain; a snapshot follows."""
    return _event("reset", msgspec.json.encode({"reason": reason}))


def farewell(event: str, reason: str, retry_ms: int) -> bytes:
    """The last event of a stream (`bye`, `overloaded`), and when to come back."""
    return _retry(retry_ms) + _event(event, msgspec.json.encode({"reason": reason}))


def greeting(retry_ms: int) -> bytes:
    """The first bytes: they make proxies and browsers take the stream for open."""
    return b": welcome\n" + _retry(retry_ms) + b"\n"


def cut(frame: bytes) -> Pieces:
    """Cut a frame into pieces; done once, and no bytes are copied for any viewer."""
    return tuple(frame[at : at + PIECE_BYTES] for at in range(0, len(frame), PIECE_BYTES))


def _states(rows: list[bytes], now: float) -> bytes:
    return b'{"time":%d,"states":[%s]}' % (int(now), b",".join(rows))


def _retry(milliseconds: int) -> bytes:
    return b"retry: %d\n" % milliseconds


def _event(name: str, data: bytes, position: Position | None = None) -> bytes:
    # JSON has no line breaks of its own, so one data line holds it.
    identity = f"id: {position}\n" if position is not None else ""
    return b"event: %s\n%sdata: %s\n\n" % (name.encode(), identity.encode(), data)
