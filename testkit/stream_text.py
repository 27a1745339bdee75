"""Decodes the bytes of a raw connection: HTTP, chunks, compression and WebSocket."""

import struct
from collections.abc import Callable, Iterator

import msgspec

from testkit.decoding import decoder

_SHORT, _MEDIUM, _LONG = 125, 126, 127
TEXT, PING, PONG = 1, 9, 10
"""Opcodes of RFC 6455, 11.8."""

WEBSOCKET = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
"""The headers of a request that opens a WebSocket."""


class Head(msgspec.Struct, frozen=True):
    """The status and the headers of a response, by names in lower case."""

    status: int
    headers: dict[str, str]

    @property
    def is_stream(self) -> bool:
        """Whether an EventSource accepts the response."""
        content_type = self.headers.get("content-type", "")
        return self.status == 200 and content_type.startswith("text/event-stream")


class StreamText:
    """Turns the bytes of a response into the text of events, as far as they have arrived.

    Messages of a WebSocket become the events that the stream of Server-Sent Events would have sent.

    Attributes:
        head: The head of the response; None until all of it has arrived.
        pings: Payloads of the pings that have not been answered yet.
    """

    def __init__(self) -> None:
        self.head: Head | None = None
        self.pings: list[bytes] = []
        self._raw = b""
        self._decode: Callable[[bytes], bytes] = bytes

    def feed(self, received: bytes) -> bytes:
        """Return the text that has arrived with these bytes."""
        self._raw += received
        if self.head is None:
            self._read_head()
        if self.head is None:
            return b""
        return b"".join(self._decode(part) for part in self._parts(self.head))

    def _parts(self, head: Head) -> Iterator[bytes]:
        if head.status == 101:
            yield from self._messages()
        elif head.headers.get("transfer-encoding") == "chunked":
            yield from self._chunks()
        else:
            yield self._raw
            self._raw = b""

    def _read_head(self) -> None:
        text, end, rest = self._raw.partition(b"\r\n\r\n")
        if not end:
            return
        first, *lines = text.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        self.head = Head(int(first.split()[1]), headers)
        self._decode = decoder(headers.get("content-encoding", "identity"))
        self._raw = rest

    def _chunks(self) -> Iterator[bytes]:
        at = 0
        while (line_end := self._raw.find(b"\r\n", at)) >= 0:
            begin = line_end + 2
            end = begin + int(self._raw[at:line_end], 16)
            if len(self._raw) < end + 2:
                break
            yield self._raw[begin:end]
            at = end + 2
        self._raw = self._raw[at:]

    def _messages(self) -> Iterator[bytes]:
        while (found := self._message()) is not None:
            opcode, payload = found
            if opcode == TEXT:
                yield _as_event(payload)
            elif opcode == PING:
                self.pings.append(payload)

    def _message(self) -> tuple[int, bytes] | None:
        """Take a frame of RFC 6455, 5.2; those of servers are not masked."""
        if len(self._raw) < 2:
            return None
        length, begin = self._raw[1], 2
        for marker, form in ((_MEDIUM, "!H"), (_LONG, "!Q")):
            if length == marker:
                begin += struct.calcsize(form)
                if len(self._raw) < begin:
                    return None
                length = struct.unpack(form, self._raw[2:begin])[0]
                break
        if len(self._raw) < begin + length:
            return None
        opcode, payload = self._raw[0] & 0xF, self._raw[begin : begin + length]
        self._raw = self._raw[begin + length :]
        return opcode, payload


def message(payload: bytes, opcode: int = TEXT) -> bytes:
    """Return a short message as a client sends it, with a mask of zeros."""
    assert len(payload) <= _SHORT
    return bytes((0x80 | opcode, 0x80 | len(payload), 0, 0, 0, 0)) + payload


def _as_event(payload: bytes) -> bytes:
    message = msgspec.json.decode(payload, type=dict[str, msgspec.Raw])
    name = msgspec.json.decode(message["event"], type=str)
    lines = [f"event: {name}".encode()]
    if "id" in message:
        lines.append(f"id: {msgspec.json.decode(message['id'], type=str)}".encode())
    return b"\n".join([*lines, b"data: " + bytes(message["data"]), b"", b""])
