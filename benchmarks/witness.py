"""One viewer that understands what it gets: chunks and compression undone, events counted."""

import re
from collections import Counter
from collections.abc import Callable, Iterator

import msgspec

from testkit.decoding import decoder

_EVENT = re.compile(rb"^event: ?(\w+)", re.MULTILINE)
_STATE = b'"icao24"'
_END_OF_HEADERS = b"\r\n\r\n"
_LINE_BREAK = b"\r\n"


class Seen(msgspec.Struct, frozen=True):
    """What came since it was last told.

    Attributes:
        encoding: The answer's `Content-Encoding`.
        plain_bytes: The text's, without compression and chunks.
        events: How many of each name.
        states: State vectors written as objects.
    """

    encoding: str
    plain_bytes: int
    events: dict[str, int]
    states: int


class Witness:
    """Keeps the bytes of one connection and understands them when asked, not while they come."""

    def __init__(self) -> None:
        self._kept: list[bytes] = []
        self._raw = b""
        self._headers: dict[str, str] | None = None
        self._decompress: Callable[[bytes], bytes] = bytes

    def receive(self, data: bytes) -> None:
        """Keep what was read."""
        self._kept.append(data)

    def send(self) -> Seen:
        """Understand what was kept."""
        self._raw += b"".join(self._kept)
        self._kept.clear()
        if self._headers is None:
            self._read_headers()
        text = b"".join(self._decompress(data) for data in self._body())
        return Seen(
            encoding=(self._headers or {}).get("content-encoding", "identity"),
            plain_bytes=len(text),
            events=dict(Counter(name.decode() for name in _EVENT.findall(text))),
            states=text.count(_STATE),
        )

    def _read_headers(self) -> None:
        head, end, rest = self._raw.partition(_END_OF_HEADERS)
        if not end:
            return
        lines = (line.decode().partition(":") for line in head.split(_LINE_BREAK)[1:])
        self._headers = {name.lower(): value.strip() for name, _, value in lines}
        self._decompress = decoder(self._headers.get("content-encoding", "identity"))
        self._raw = rest

    def _body(self) -> Iterator[bytes]:
        """Take the whole chunks; what is not sent in chunks is taken as it is."""
        if (self._headers or {}).get("transfer-encoding") != "chunked":
            yield self._raw
            self._raw = b""
            return
        raw, at = self._raw, 0
        while (line_end := raw.find(_LINE_BREAK, at)) >= 0:
            begin = line_end + len(_LINE_BREAK)
            end = begin + int(raw[at:line_end], 16)
            if len(raw) < end + len(_LINE_BREAK):
                break
            yield raw[begin:end]
            at = end + len(_LINE_BREAK)
        self._raw = raw[at:]
