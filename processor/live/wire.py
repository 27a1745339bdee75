"""How events are written: as Server-Sent Events, compressed or not, or as WebSocket messages."""

import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol, TypeVar

from processor.live.events import Event

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Encoding = Literal["zstd", "gzip", "identity"]
"""Of HTTP content, best first."""

PIECE_BYTES = 256 * 1024
"""A viewer that stalls holds a piece at the most in the server's buffers, not a whole picture."""

ZSTD_LEVEL, ZSTD_SHARED_LEVEL = 1, 8
"""8 saves an eighth of the bytes of 3; above it hardly anything is left to save."""

GZIP_LEVEL = 1
"""6 costs three times as much for a tenth fewer bytes."""

Compress = Callable[[bytes], bytes]

# A gzip stream without name and time, which every viewer's begins with (RFC 1952, 2.3).
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

Piece = TypeVar("Piece", bound=bytes | str)
Piece_co = TypeVar("Piece_co", bound=bytes | str, covariant=True)


class Wire(Protocol[Piece_co]):
    """A way to write events; what comes out is shared by all viewers of a view.

    Each of its outcomes stands alone, so a viewer may get any of them, from any moment on.
    """

    @property
    def name(self) -> str:
        """Tells one wire's pieces from another's."""

    def greet(self, retry_ms: int) -> tuple[Piece_co, ...]:
        """Return what is sent first."""

    def pack(self, events: Sequence[Event], *, is_shared: bool = False) -> tuple[Piece_co, ...]:
        """Write events, cut where it suits the buffers; what many share may take longer."""


class EventStream:
    """Server-Sent Events in an encoding that needs nothing of what came before.

    A zstd frame is one by itself (RFC 8878, 3.1), and so is deflate's output after a full flush.
    """

    def __init__(self, encoding: Encoding) -> None:
        self.name = encoding
        self._compress, self._compress_shared = _COMPRESS[encoding]

    def greet(self, retry_ms: int) -> tuple[bytes, ...]:
        """Make proxies and browsers take the stream for open."""
        first = _GZIP_HEADER if self.name == "gzip" else b""
        return (first + self._compress(b": welcome\nretry: %d\n\n" % retry_ms),)

    def pack(self, events: Sequence[Event], *, is_shared: bool = False) -> tuple[bytes, ...]:
        """Write events, one or several in a piece, or one in several."""
        if not events:
            return ()
        compress = self._compress_shared if is_shared else self._compress
        packed = compress(b"".join(map(_write, events)))
        return tuple(packed[at : at + PIECE_BYTES] for at in range(0, len(packed), PIECE_BYTES))


class MessageStream:
    """WebSocket messages: each event is JSON with the same parts."""

    name = "websocket"

    def greet(self, retry_ms: int) -> tuple[str, ...]:
        """Say nothing: the handshake has opened the stream."""
        del retry_ms
        return ()

    def pack(self, events: Sequence[Event], *, is_shared: bool = False) -> tuple[str, ...]:
        """Write each event as a message."""
        del is_shared
        return tuple(map(_message, events))


def choose_encoding(accept_encoding: str) -> Encoding:
    """Return the best encoding that a client accepts (RFC 9110, 12.5.3)."""
    accepted = {}
    for part in accept_encoding.lower().split(","):
        name, _, weight = part.replace(" ", "").partition(";q=")
        accepted[name] = weight.strip("0.") != "" or not weight
    if accepted.get("zstd"):
        return "zstd"
    return "gzip" if accepted.get("gzip") else "identity"


def _write(event: Event) -> bytes:
    parts = [b"event: ", event.name.encode(), b"\n"]
    if event.id is not None:
        parts += (b"id: ", event.id.encode(), b"\n")
    if event.retry_ms is not None:
        parts.append(b"retry: %d\n" % event.retry_ms)
    return b"".join((*parts, b"data: ", event.data, b"\n\n"))


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


_COMPRESS: Mapping[Encoding, tuple[Compress, Compress]] = {
    "zstd": (_zstd(ZSTD_LEVEL), _zstd(ZSTD_SHARED_LEVEL)),
    "gzip": (_gzip, _gzip),
    "identity": (_identity, _identity),
}

EVENT_STREAMS: Mapping[Encoding, EventStream] = {
    encoding: EventStream(encoding) for encoding in _COMPRESS
}
MESSAGES = MessageStream()
