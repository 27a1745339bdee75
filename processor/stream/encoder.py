"""Encoders of events: Server-Sent Events, compressed or not, and WebSocket messages."""

import gzip
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Literal, Protocol, TypeVar

from processor.stream.events import Event
from processor.stream.slices import Slices

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

TEXT_AT_ONCE = 256 * 1024
"""Bytes that are compressed between two places where it may be interrupted: some milliseconds."""

Compress = Callable[[bytes], bytes]

# The header of a gzip stream without name and time, with which each stream begins (RFC 1952, 2.3).
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

Frame = TypeVar("Frame", bound=bytes | str)
Frame_co = TypeVar("Frame_co", bound=bytes | str, covariant=True)


class CompressedFrame(bytes):
    """A compressed frame that knows its size before compression.

    Attributes:
        plain_bytes: The size; 0 for all but the first of several frames that hold one text.
    """

    plain_bytes: int = 0


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

    def encode_in_slices(
        self, events: Sequence[Event], effort: CompressionEffort
    ) -> Slices[tuple[Frame_co, ...]]:
        """Do the same in slices."""


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
        text = b": welcome\nretry: %d\n\n" % retry_ms
        return self._divided(first + self._compress["normal"](text), len(text))

    def encode(
        self, events: Sequence[Event], effort: CompressionEffort = "normal"
    ) -> tuple[bytes, ...]:
        """Return all events as one compressed text, divided at `MAX_FRAME_BYTES`."""
        if not events:
            return ()
        text = _text(events)
        return self._divided(self._compress[effort](text), len(text))

    def encode_in_slices(
        self, events: Sequence[Event], effort: CompressionEffort
    ) -> Slices[tuple[bytes, ...]]:
        """Do the same in slices."""
        text = _text(events)
        yield
        if len(text) <= TEXT_AT_ONCE or self.name == "identity":
            return self.encode(events, effort)
        compressed = yield from _compress_in_slices(text, self.name, effort)
        return self._divided(compressed, len(text))

    def _divided(self, body: bytes, plain_bytes: int) -> tuple[bytes, ...]:
        places = range(0, len(body), MAX_FRAME_BYTES)
        parts = [body[at : at + MAX_FRAME_BYTES] for at in places]
        if self.name == "identity":
            return tuple(parts)
        frames = tuple(map(CompressedFrame, parts))
        frames[0].plain_bytes = plain_bytes
        return frames


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

    def encode_in_slices(
        self, events: Sequence[Event], effort: CompressionEffort
    ) -> Slices[tuple[str, ...]]:
        """Do the same in slices."""
        del effort
        messages = []
        for event in events:
            messages.append(_message(event))
            yield
        return tuple(messages)


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


def _text(events: Sequence[Event]) -> bytes:
    return b"".join(chain.from_iterable(map(_lines, events)))


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


def _compress_in_slices(
    text: bytes, encoding: ContentEncoding, effort: CompressionEffort
) -> Slices[bytes]:
    # Other texts may be compressed meanwhile, so this one has a compressor of its own.
    compress, flush = _deflate() if encoding == "gzip" else _compress_zstd(effort, len(text))
    parts = []
    for at in range(0, len(text), TEXT_AT_ONCE):
        parts.append(compress(text[at : at + TEXT_AT_ONCE]))
        yield
    parts.append(flush())
    return b"".join(parts)


def _compress_zstd(effort: CompressionEffort, size: int) -> tuple[Compress, Callable[[], bytes]]:
    compressor = zstd.ZstdCompressor(ZSTD_LEVELS[effort])
    compressor.set_pledged_input_size(size)
    return compressor.compress, compressor.flush


def _deflate() -> tuple[Compress, Callable[[], bytes]]:
    deflate = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflate.compress, partial(deflate.flush, zlib.Z_FULL_FLUSH)


def _gzip(text: bytes) -> bytes:
    compress, flush = _deflate()
    return compress(text) + flush()


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
