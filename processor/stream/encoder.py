"""Encoders of events: Server-Sent Events, compressed or not, and WebSocket messages."""

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

ContentEncoding = Literal["zstd", "gzip", "identity"]
"""Content codings of HTTP, best first."""

MAX_FRAME_BYTES = 256 * 1024
"""Bound of a frame, so that a slow subscriber keeps this much in the server's buffers at most,
and not a whole snapshot."""

CompressionEffort = Literal["high", "normal", "low"]
"""How much time compression may take: more for what many subscribers share."""

ZSTD_LEVELS: Mapping[CompressionEffort, int] = {"high": 8, "normal": 1, "low": -4}
"""Level 8 saves an eighth of the bytes of level 3, and higher ones hardly save more; level -4 takes
four fifths of the time of level 1 for 1.6 times the bytes."""

GZIP_LEVEL = 1
"""Level 6 takes three times as long and saves a tenth of the bytes."""

Compress = Callable[[bytes], bytes]

# The header of a gzip stream without name and time, with which each stream begins (RFC 1952, 2.3).
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

Frame = TypeVar("Frame", bound=bytes | str)
Frame_co = TypeVar("Frame_co", bound=bytes | str, covariant=True)


class Encoder(Protocol[Frame_co]):
    """A way to write events; its frames are shared by all subscribers with the same query.

    Each frame sequence is decodable by itself, so a subscriber may start with any of them.
    """

    @property
    def name(self) -> str:
        """Distinguishes the frames of this encoder from those of others."""

    def opening_frames(self, retry_ms: int) -> tuple[Frame_co, ...]:
        """Return what is sent first, with the time after which a client may reconnect."""

    def encode(
        self, events: Sequence[Event], effort: CompressionEffort = "normal"
    ) -> tuple[Frame_co, ...]:
        """Return the frames of events."""


class SseEncoder:
    """Server-Sent Events, compressed so that decoding does not depend on what was sent before.

    A zstd frame is independent (RFC 8878, 3.1), and so is deflate's output after a full flush.
    """

    def __init__(self, encoding: ContentEncoding) -> None:
        self.name = encoding
        self._compress = _COMPRESS[encoding]

    def opening_frames(self, retry_ms: int) -> tuple[bytes, ...]:
        """Return a comment, at which proxies and browsers consider the stream open."""
        first = _GZIP_HEADER if self.name == "gzip" else b""
        return (first + self._compress["normal"](b": welcome\nretry: %d\n\n" % retry_ms),)

    def encode(
        self, events: Sequence[Event], effort: CompressionEffort = "normal"
    ) -> tuple[bytes, ...]:
        """Return all events as one compressed text, divided at `MAX_FRAME_BYTES`."""
        if not events:
            return ()
        text = b"".join(chain.from_iterable(map(_lines, events)))
        body = self._compress[effort](text)
        return tuple(body[at : at + MAX_FRAME_BYTES] for at in range(0, len(body), MAX_FRAME_BYTES))


class WebSocketEncoder:
    """WebSocket messages: each event is a JSON object with the same parts."""

    name = "websocket"

    def opening_frames(self, retry_ms: int) -> tuple[str, ...]:
        """Return nothing, because the handshake has opened the stream."""
        del retry_ms
        return ()

    def encode(
        self, events: Sequence[Event], effort: CompressionEffort = "normal"
    ) -> tuple[str, ...]:
        """Return each event as a message."""
        del effort
        return tuple(map(_message, events))


def accepted_encodings(accept_encoding: str) -> frozenset[str]:
    """Return the content codings that a client names and does not refuse (RFC 9110, 12.5.3)."""
    accepted = set()
    for part in accept_encoding.lower().split(","):
        name, _, weight = part.replace(" ", "").partition(";q=")
        if not weight or weight.strip("0."):
            accepted.add(name)
    return frozenset(accepted)


def choose_encoding(accept_encoding: str) -> ContentEncoding:
    """Return the best content coding that a client accepts."""
    accepted = accepted_encodings(accept_encoding)
    if "zstd" in accepted:
        return "zstd"
    return "gzip" if "gzip" in accepted else "identity"


def compress(body: bytes, encoding: ContentEncoding) -> bytes:
    """Compress an answer for one client; safe in any thread, because nothing is shared."""
    match encoding:
        case "zstd":
            return zstd.compress(body, ZSTD_LEVELS["normal"])
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
    # Making a compressor takes as long as compressing a small frame, so each is reused.
    compressor = zstd.ZstdCompressor(level)
    return lambda text: compressor.compress(text, zstd.ZstdCompressor.FLUSH_FRAME)


def _identity(text: bytes) -> bytes:
    return text


_COMPRESS: Mapping[ContentEncoding, Mapping[CompressionEffort, Compress]] = {
    "zstd": {effort: _zstd(level) for effort, level in ZSTD_LEVELS.items()},
    "gzip": dict.fromkeys(ZSTD_LEVELS, _gzip),
    "identity": dict.fromkeys(ZSTD_LEVELS, _identity),
}

SSE_ENCODERS: Mapping[ContentEncoding, SseEncoder] = {
    encoding: SseEncoder(encoding) for encoding in _COMPRESS
}
WEBSOCKET_ENCODER = WebSocketEncoder()
