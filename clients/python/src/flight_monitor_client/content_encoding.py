"""Decode the Content-Encoding of a stream as it arrives, each event in full.

httpx decodes a whole body; a stream of this server is a row of zstd frames, or of flushed deflate
blocks, and each has to be decoded when it arrives.
"""

import codecs
import importlib
import sys
import zlib
from collections.abc import Callable
from typing import Any

from flight_monitor_client.errors import FlightMonitorError

_GZIP_WINDOW = 16 + zlib.MAX_WBITS


def _find_zstd() -> Any:  # noqa: ANN401 - a module, which may be missing
    name = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def accept_encoding() -> str:
    """Return what this installation can decode; zstd needs Python 3.14 or the extra `zstd`."""
    return "gzip" if _find_zstd() is None else "zstd, gzip"


class TextDecoder:
    """Decodes one response to text.

    Args:
        encoding: Its header Content-Encoding; empty where it has none.

    Raises:
        FlightMonitorError: The encoding is none that was accepted.
    """

    def __init__(self, encoding: str) -> None:
        self._decompress = _decompress(encoding)
        self._text = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def decode(self, data: bytes) -> str:
        """Return the text that can be decoded by now."""
        return self._text.decode(self._decompress(data))


def _decompress(encoding: str) -> Callable[[bytes], bytes]:
    if encoding in {"", "identity"}:
        return bytes
    if encoding == "gzip":
        return zlib.decompressobj(_GZIP_WINDOW).decompress
    if encoding == "zstd" and (zstd := _find_zstd()) is not None:
        return _ZstdFrames(zstd).decompress
    raise FlightMonitorError(f"the stream is encoded as {encoding!r}, which was not accepted")


class _ZstdFrames:
    """Decompresses consecutive frames (RFC 8878, 3)."""

    def __init__(self, zstd: Any) -> None:  # noqa: ANN401 - a module
        self._zstd = zstd
        self._frame = zstd.ZstdDecompressor()

    def decompress(self, data: bytes) -> bytes:
        found = b""
        while data:
            found += self._frame.decompress(data)
            data = b""
            if self._frame.eof:
                data = self._frame.unused_data
                self._frame = self._zstd.ZstdDecompressor()
        return found
