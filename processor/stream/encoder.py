"""How events are written: as Server-Sent Events, compressed or not, or as WebSocket messages."""

import gzip
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Literal, Protocol, TypeVar

from processor.stream.events import Event

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Encoding = Literal["zstd", "gzip", "identity"]
"""Of HTTP content, best first."""

PIECE_BYTES = 256 * 1024
"""A viewer that stalls holds a piece at the most in the server's buffers, not a whole picture."""

Effort = Literal["shared", "own", "hurried"]
"""What writing may cost: the more viewers share the outcome, the more it is worth."""

ZSTD_LEVELS: Mapping[Effort, int] = {"shared": 8, "own": 1, "hurried": -4}
"""8 saves an eighth of the bytes of 3, and hardly anything is left to save above it; -4 takes four
fifths of the time of 1 for 1.6 times the bytes."""

GZIP_LEVEL = 1
"""6 costs three times as much for a tenth fewer bytes."""

Compress = Callable[[bytes], bytes]

# A gzip stream without name and time, which every viewer's begins with (RFC 1952, 2.3).
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

Frame = TypeVar("Frame", bound=bytes | str)
Frame_co = TypeVar("Frame_co", bound=bytes | str, covariant=True)


class Encoder(Protocol[Frame_co]):
    """A way to write events; what comes out is shared by all viewers of a view.

    Each of its outcomes stands alone, so a viewer may get any of them, from any moment on.
    """

    @property
    def name(self) -> str:
        """Tells one wire's pieces from another's."""

    def greet(self, retry_ms: int) -> tuple[Frame_co, ...]:
        """Return what is sent first."""

    def pack(self, events: Sequence[Event], effort: Effort = "own") -> tuple[Frame_co, ...]:
        """Write events, cut where it suits the buffers."""


class EventStream:
    """Server-Sent Events in an encoding that needs nothing of what came before.

    A zstd frame is one by itself (RFC 8878, 3.1), and so is deflate's output after a full flush.
    """

    def __init__(self, encoding: Encoding) -> None:
        self.name = encoding
        self._compress = _COMPRESS[encoding]

    def greet(self, retry_ms: int) -> tuple[bytes, ...]:
        """Make proxies and browsers take the stream for open."""
        first = _GZIP_HEADER if self.name == "gzip" else b""
        return (first + self._compress["own"](b": welcome\nretry: %d\n\n" % retry_ms),)

    def pack(self, events: Sequence[Event], effort: Effort = "own") -> tuple[bytes, ...]:
        """Write events, one or several in a piece, or one in several."""
        if not events:
            return ()
        text = b"".join(chain.from_iterable(map(_lines, events)))
        packed = self._compress[effort](text)
        return tuple(packed[at : at + PIECE_BYTES] for at in range(0, len(packed), PIECE_BYTES))


class MessageStream:
    """WebSocket messages: each event is JSON with the same parts."""

    name = "websocket"

    def greet(self, retry_ms: int) -> tuple[str, ...]:
        """Say nothing: the handshake has opened the stream."""
        del retry_ms
        return ()

    def pack(self, events: Sequence[Event], effort: Effort = "own") -> tuple[str, ...]:
        """Write each event as a message."""
        del effort
        return tuple(map(_message, events))


def accepted_encodings(accept_encoding: str) -> frozenset[str]:
    """Return the content encodings that a client names and does not refuse (RFC 9110, 12.5.3)."""
    accepted = set()
    for part in accept_encoding.lower().split(","):
        name, _, weight = part.replace(" ", "").partition(";q=")
        if not weight or weight.strip("0."):
            accepted.add(name)
    return frozenset(accepted)


def choose_encoding(accept_encoding: str) -> Encoding:
    """Return the best encoding that a client accepts."""
    accepted = accepted_encodings(accept_encoding)
    if "zstd" in accepted:
        return "zstd"
    return "gzip" if "gzip" in accepted else "identity"


def compress_whole(body: bytes, encoding: Encoding) -> bytes:
    """Compress what is told to one client once; in any thread, for nothing is shared."""
    match encoding:
        case "zstd":
            return zstd.compress(body, ZSTD_LEVELS["own"])
        case "gzip":
            return gzip.compress(body, GZIP_LEVEL)
        case "identity":
            return body


def _lines(event: Event) -> Iterator[bytes]:
    yield f"event: {event.name}\n".encode()
    if event.id is not None:
        yield f"id: {event.id}\n".encode()
    if event.retry_ms is not None:
        yield b"retry: %d\n" % event.retry_ms
    yield b"data: "
    yield event.data
    yield b"\n\n"


def _message(event: Event) -> str:
    parts = [f'"event":"{event.name}"']
    if event.id is not None:
        parts.append(f'"id":"{event.id}"')
    if event.retry_ms is not None:
        parts.append(f'"retry":{event.retry_ms}')
    return f'{{{",".join(parts)},"data":{event.data.decode()}}}'


def _gzip(text: bytes) -> bytes:
    deflate = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflate.compress(text) + deflate.flush(zlib.Z_FULL_FLUSH)


def _zstd(level: int) -> Compress:
    # To make one costs as much as a small frame does.
    compressor = zstd.ZstdCompressor(level)
    return lambda text: compressor.compress(text, zstd.ZstdCompressor.FLUSH_FRAME)


def _identity(text: bytes) -> bytes:
    return text


_COMPRESS: Mapping[Encoding, Mapping[Effort, Compress]] = {
    "zstd": {effort: _zstd(level) for effort, level in ZSTD_LEVELS.items()},
    "gzip": dict.fromkeys(ZSTD_LEVELS, _gzip),
    "identity": dict.fromkeys(ZSTD_LEVELS, _identity),
}

EVENT_STREAMS: Mapping[Encoding, EventStream] = {
    encoding: EventStream(encoding) for encoding in _COMPRESS
}
MESSAGES = MessageStream()
