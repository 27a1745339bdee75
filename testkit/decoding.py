"""Decodes a Content-Encoding incrementally, without code of the server."""

import sys
import zlib
from collections.abc import Callable

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_GZIP_WINDOW = 16 + zlib.MAX_WBITS


def decoder(encoding: str) -> Callable[[bytes], bytes]:
    """Return a function that takes the bytes of a response in turn and returns the decoded text."""
    if encoding == "gzip":
        return zlib.decompressobj(_GZIP_WINDOW).decompress
    return ZstdFrames().decode if encoding == "zstd" else bytes


class ZstdFrames:
    """Decodes consecutive zstd frames (RFC 8878, 3)."""

    def __init__(self) -> None:
        self._frame = zstd.ZstdDecompressor()

    def decode(self, data: bytes) -> bytes:
        """Return the text that can be decoded by now."""
        text = b""
        while data:
            text += self._frame.decompress(data)
            data = b""
            if self._frame.eof:
                data = self._frame.unused_data
                self._frame = zstd.ZstdDecompressor()
        return text
