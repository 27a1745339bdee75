"""Many viewers in one process: raw sockets, read as cheaply as Python can, one understood."""

import contextlib
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Collection

import msgspec

from benchmarks.witness import Seen, Witness
from testkit.process_resources import allow_open_files

BUFFER_BYTES = 1 << 20

AT_ONCE = 200
"""So many may have entered that have not been answered yet: less than any server's backlog."""

PATIENCE = 20
"""So many times longer than it may be quiet is waited for viewers that are to get the same."""

STALLED_BYTES = 256
"""A viewer that stalls has read so much: the headers, or most of them."""


class ConnectionLimits(msgspec.Struct, frozen=True):
    """Whom the process plays, given as a line of JSON.

    Attributes:
        port: Where the server is, on this machine.
        paths: What the viewers ask for, in turns.
        subscribers: How many.
        quiet_seconds: A burst has ended when nobody has read anything for so long,
        gets_the_same: and everybody has read as much as the others, or does not after all.
        encoding: What they accept.
        is_stalled: Whether they read nothing after the headers.
        core: Where the process is pinned to.
    """

    port: int
    paths: tuple[str, ...]
    subscribers: int
    quiet_seconds: float
    gets_the_same: bool = False
    encoding: str = "identity"
    is_stalled: bool = False
    core: int | None = None


class Burst(msgspec.Struct, frozen=True):
    """What came between two silences; times are of the machine's monotonic clock.

    Attributes:
        first_byte: When the first viewer read the first byte.
        done_at: When each viewer had read its last one, sorted; of those that read anything.
        subscribers: How many are still connected.
        least_bytes: Read by the viewer that got least.
        most_bytes: Read by the viewer that got most.
        all_bytes: Read by all together.
        seen: What one of them understood.
    """

    first_byte: float
    done_at: list[float]
    subscribers: int
    least_bytes: int
    most_bytes: int
    all_bytes: int
    seen: Seen

    @property
    def first_done(self) -> float:
        """When the first viewer had read its last byte."""
        return self.done_at[0]

    @property
    def last_done(self) -> float:
        """When the last viewer had."""
        return self.done_at[-1]


class Viewers:
    """Connected viewers that read whatever comes and print a line for each burst."""

    def __init__(self, audience: ConnectionLimits) -> None:
        self._audience = audience
        self._to_come = audience.subscribers
        self._unanswered: set[int] = set()
        self._sockets: dict[int, socket.socket] = {}
        self._stalled: list[socket.socket] = []
        self._epoll = select.epoll()
        self._watched = -1
        self._witness = Witness()
        self._buffer = memoryview(bytearray(BUFFER_BYTES))

    def run(self) -> None:
        """Enter, and read until the server closes the connections."""
        while self._to_come or self._sockets:
            self._read_burst()
        if self._stalled:
            signal.pause()

    def _read_burst(self) -> None:
        read_bytes = dict.fromkeys(self._sockets, 0)
        done_at: dict[int, float] = {}
        first_byte, quiet_times = 0.0, 0
        while self._to_come or self._sockets:
            self._let_in()
            is_begun = first_byte and not self._unanswered
            ready = self._epoll.poll(self._audience.quiet_seconds if is_begun else None)
            quiet_times = 0 if ready else quiet_times + 1
            if not ready and (self._is_whole(read_bytes.values()) or quiet_times == PATIENCE):
                break
            first_byte = first_byte or (time.monotonic() if ready else 0.0)
            for number, _ in ready:
                if count := self._read(number):
                    read_bytes[number] = read_bytes.get(number, 0) + count
                    done_at[number] = time.monotonic()
        if done_at:
            self._print(first_byte, read_bytes, sorted(done_at.values()))

    def _is_whole(self, read_bytes: Collection[int]) -> bool:
        return not self._audience.gets_the_same or min(read_bytes) == max(read_bytes)

    def _let_in(self) -> None:
        """Connect as many as may wait for an answer."""
        while self._to_come and len(self._unanswered) < AT_ONCE:
            paths = self._audience.paths
            connection = socket.create_connection(("127.0.0.1", self._audience.port))
            connection.sendall(
                b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: %s\r\n\r\n"
                % (paths[self._to_come % len(paths)].encode(), self._audience.encoding.encode())
            )
            connection.setblocking(False)  # noqa: FBT003 - positional only
            number = connection.fileno()
            self._watched = number if self._watched < 0 else self._watched
            self._sockets[number] = connection
            self._unanswered.add(number)
            self._epoll.register(number, select.EPOLLIN)
            self._to_come -= 1

    def _read(self, number: int) -> int:
        try:
            count = self._receive(number)
        except BlockingIOError:
            return 0
        except OSError:
            count = 0
        self._unanswered.discard(number)
        if not count:
            self._let_go(number).close()
        elif self._audience.is_stalled:
            self._stalled.append(self._let_go(number))
        return count

    def _receive(self, number: int) -> int:
        """Read what is there; the kernel throws away what nobody looks at, without copying it."""
        connection = self._sockets[number]
        if self._audience.is_stalled:
            return len(connection.recv(STALLED_BYTES))
        if number != self._watched:
            return connection.recv_into(self._buffer, 0, socket.MSG_TRUNC)
        count = connection.recv_into(self._buffer)
        self._witness.receive(bytes(self._buffer[:count]))
        return count

    def _let_go(self, number: int) -> socket.socket:
        self._epoll.unregister(number)
        return self._sockets.pop(number)

    def _print(self, first_byte: float, read_bytes: dict[int, int], done_at: list[float]) -> None:
        burst = Burst(
            first_byte=first_byte,
            done_at=done_at,
            subscribers=len(self._sockets) + len(self._stalled),
            least_bytes=min(read_bytes.values()),
            most_bytes=max(read_bytes.values()),
            all_bytes=sum(read_bytes.values()),
            seen=self._witness.send(),
        )
        sys.stdout.write(msgspec.json.encode(burst).decode() + "\n")
        sys.stdout.flush()


def main() -> None:
    """Be the audience until whoever started it ends it."""
    allow_open_files()
    audience = msgspec.json.decode(sys.stdin.readline(), type=ConnectionLimits)
    if audience.core is not None:
        os.sched_setaffinity(0, {audience.core})
    with contextlib.suppress(KeyboardInterrupt):
        Viewers(audience).run()


if __name__ == "__main__":
    main()
