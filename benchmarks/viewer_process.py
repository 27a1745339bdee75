"""Many viewers in one process: raw sockets, read as cheaply as Python can, nothing understood."""

import contextlib
import re
import select
import socket
import sys
import time

import msgspec

from benchmarks.processes import allow_open_files

BUFFER_BYTES = 1 << 20
_STATE = b'"icao24"'

_CHUNK_BORDER = re.compile(rb"\r\n[0-9a-f]+\r\n")
"""HTTP may cut the name of a field in two; events themselves have no carriage returns."""


class Audience(msgspec.Struct, frozen=True):
    """Whom the process plays, given as JSON in its only argument."""

    port: int
    path: str
    viewers: int
    quiet_seconds: float


class Burst(msgspec.Struct, frozen=True):
    """What came between two silences; times are of the machine's monotonic clock.

    Attributes:
        first_byte: When the first viewer read the first byte.
        first_done: When the first viewer had read its last one.
        last_done: When the last viewer had.
        least_bytes: Read by the viewer that got least.
        most_bytes: Read by the viewer that got most.
        states: State vectors that one of them got.
    """

    first_byte: float
    first_done: float
    last_done: float
    least_bytes: int
    most_bytes: int
    states: int


class Viewers:
    """Connected viewers that read whatever comes and print a line for each burst."""

    def __init__(self, audience: Audience) -> None:
        self._quiet_seconds = audience.quiet_seconds
        self._sockets = {}
        self._epoll = select.epoll()
        request = f"GET {audience.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        for _ in range(audience.viewers):
            connection = socket.create_connection(("127.0.0.1", audience.port))
            connection.sendall(request)
            connection.setblocking(False)  # noqa: FBT003 - positional only
            self._sockets[connection.fileno()] = connection
            self._epoll.register(connection.fileno(), select.EPOLLIN)
        self._watched = next(iter(self._sockets))
        self._buffer = memoryview(bytearray(BUFFER_BYTES))

    def run(self) -> None:
        """Read until the server closes the connections."""
        while self._sockets:
            self._read_burst()

    def _read_burst(self) -> None:
        read_bytes = dict.fromkeys(self._sockets, 0)
        done_at = dict.fromkeys(self._sockets, 0.0)
        kept: list[bytes] = []
        first_byte = 0.0
        while self._sockets:
            ready = self._epoll.poll(self._quiet_seconds if first_byte else None)
            if not ready:
                break
            now = time.monotonic()
            first_byte = first_byte or now
            for number, _ in ready:
                count = self._read(number, kept)
                if count:
                    read_bytes[number] += count
                    done_at[number] = time.monotonic()
        if any(read_bytes.values()):
            _print(first_byte, read_bytes, done_at, b"".join(kept))

    def _read(self, number: int, kept: list[bytes]) -> int:
        try:
            count = self._sockets[number].recv_into(self._buffer)
        except BlockingIOError:
            return 0
        except OSError:
            count = 0
        if not count:
            self._epoll.unregister(number)
            self._sockets.pop(number).close()
        elif number == self._watched:
            kept.append(bytes(self._buffer[:count]))
        return count


def _print(
    first_byte: float, read_bytes: dict[int, int], done_at: dict[int, float], kept: bytes
) -> None:
    burst = Burst(
        first_byte=first_byte,
        first_done=min(done_at.values()),
        last_done=max(done_at.values()),
        least_bytes=min(read_bytes.values()),
        most_bytes=max(read_bytes.values()),
        states=_CHUNK_BORDER.sub(b"", kept).count(_STATE),
    )
    sys.stdout.write(msgspec.json.encode(burst).decode() + "\n")
    sys.stdout.flush()


def main() -> None:
    """Be the audience until the server ends it."""
    allow_open_files()
    with contextlib.suppress(KeyboardInterrupt):
        Viewers(msgspec.json.decode(sys.argv[1], type=Audience)).run()


if __name__ == "__main__":
    main()
