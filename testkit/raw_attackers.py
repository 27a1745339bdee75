"""Clients on raw sockets that send without end and read nothing, run by one thread."""

import contextlib
import selectors
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from testkit.attack import ATTACKER
from testkit.fault_record import record_faults

_PART_BYTES = 64 * 1024

_ANSWER_BYTES = 16
"""Bytes of the response that an attacker reads before it stops reading."""


@dataclass
class Attacker:
    """One connection.

    Attributes:
        connection: A socket that does not block.
        begins: The bytes that it sends first.
        repeats: The bytes that it repeats after them.
        sent_bytes: The number of bytes that the kernel has accepted.
        is_closed: Whether the server has ended it.
    """

    connection: socket.socket
    begins: bytes
    repeats: bytes
    sent_bytes: int = 0
    is_closed: bool = False

    def send(self) -> None:
        """Send as much as the kernel takes at once, up to one part."""
        if self.sent_bytes < len(self.begins):
            part = self.begins[self.sent_bytes :]
        else:
            offset = (self.sent_bytes - len(self.begins)) % len(self.repeats)
            part = (self.repeats[offset:] + self.repeats * (_PART_BYTES // len(self.repeats)))[
                :_PART_BYTES
            ]
        try:
            self.sent_bytes += self.connection.send(part)
        except BlockingIOError:
            pass
        except OSError:
            self.is_closed = True


@contextlib.contextmanager
def attackers(
    port: int,
    count: int,
    *,
    begins: bytes,
    repeats: bytes,
    addresses: Sequence[str] = (ATTACKER,),
    is_answered: bool = False,
) -> Iterator[list[Attacker]]:
    """Connect so many attackers, in turns from each of the addresses.

    Args:
        port: The port of the server.
        count: The number of attackers.
        begins: The bytes that each sends first.
        repeats: The bytes that each repeats after them.
        addresses: The local addresses of the attackers.
        is_answered: Whether each waits for the begin of a response to its first bytes.
    """
    made = []
    try:
        for number in range(count):
            source = (addresses[number % len(addresses)], 0)
            connection = socket.create_connection(("127.0.0.1", port), source_address=source)
            made.append(Attacker(connection, begins, repeats))
            if is_answered:
                connection.sendall(begins)
                connection.recv(_ANSWER_BYTES)
                made[-1].sent_bytes = len(begins)
            connection.setblocking(False)  # noqa: FBT003 - positional only
        record_faults(count)
        yield made
    finally:
        for attacker in made:
            attacker.connection.close()


def send_for(seconds: float, made: Sequence[Attacker]) -> None:
    """Let all send as fast as the server reads; attackers whose connection ended stop."""
    ends_at = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        for attacker in made:
            selector.register(attacker.connection, selectors.EVENT_WRITE, attacker.send)
        while (left := ends_at - time.monotonic()) > 0 and selector.get_map():
            for key, _ in selector.select(left):
                send: Callable[[], None] = key.data
                send()
            for attacker in made:
                if attacker.is_closed and attacker.connection in selector.get_map():
                    selector.unregister(attacker.connection)
    time.sleep(max(0.0, ends_at - time.monotonic()))


def end_of(attacker: Attacker, timeout_s: float) -> bytes:
    """Return the response of the server, once it has closed the connection.

    Raises:
        TimeoutError: It has not.
    """
    answer = b""
    attacker.connection.settimeout(timeout_s)
    with contextlib.suppress(ConnectionError):
        while frame := attacker.connection.recv(1 << 16):
            answer += frame
    return answer
