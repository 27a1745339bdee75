"""Many viewers in one process, on raw sockets: some read, some trickle, some never read again."""

import itertools
import select
import socket
import sys
import time
from collections.abc import Iterator

import msgspec

from testkit.any_subscriber import AnySubscriber
from testkit.process_resources import allow_open_files
from testkit.stream_text import PONG, StreamText, message

BUFFER_BYTES = 1 << 18

AT_ONCE = 100
"""So many may have entered that have not been answered yet: less than any server's backlog."""

FROZEN_AFTER_BYTES = 256
"""A viewer that freezes has read so much: the headers, or most of them."""

TRICKLE_BYTES, TRICKLE_INTERVAL_S = 512, 0.5
TRICKLE_SEGMENT_BYTES, TRICKLE_BUFFER_BYTES = 536, 4096
"""As across a network: on the loopback a window opens again only after 32 KB."""

WEBSOCKET = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)


class Group(msgspec.Struct, frozen=True):
    """Viewers that behave alike.

    Attributes:
        name: Of the group.
        subscribers: How many.
        paths: What they ask for, in turns.
        encoding: What they accept.
        habit: `read`, `trickle` (1 kB/s) or `freeze` (after the headers).
        witnesses: How many keep what they read, to tell what they have understood.
    """

    name: str
    subscribers: int
    paths: tuple[str, ...]
    encoding: str = "zstd"
    habit: str = "read"
    witnesses: int = 0


class Command(msgspec.Struct, frozen=True):
    """`enter` with a group; with a name `send`, `understand`, `begin` measuring anew, `leave`."""

    verb: str
    name: str = ""
    group: Group | None = None


class Understanding(msgspec.Struct, frozen=True):
    """What one viewer has understood.

    Attributes:
        path: What it had asked for.
        status: Of the answer.
        is_stream: Whether the answer was one of events.
        names: Of events, in order.
        known_at: When it knew what was heard up to a time of the sky (monotonic seconds).
        picture: What it holds, by icao24.
        units: Of the columns, in the format delta.
    """

    path: str
    status: int
    is_stream: bool
    names: list[str]
    known_at: dict[int, float]
    picture: dict[str, object]
    units: dict[str, float]


class Report(msgspec.Struct, frozen=True):
    """How a group fares.

    Attributes:
        open: Viewers that are connected, as far as they know.
        unanswered: Those that have not read anything yet.
        read_bytes: By the viewer that has read least.
        silences: The longest time between two reads of each viewer since measuring began.
        witnesses: What some have understood.
    """

    open: int
    unanswered: int
    read_bytes: int
    silences: list[float]
    witnesses: list[Understanding]


class Member:
    """One viewer."""

    def __init__(self, connection: socket.socket, group: Group, path: str) -> None:
        self.connection = connection
        self.group = group
        self.path = path
        self.is_witness = False
        self.is_open = True
        self.read_bytes = 0
        self.last_read_at = 0.0
        self.longest_silence_s = 0.0
        self.received: list[tuple[float, bytes]] = []
        self._text = StreamText()

    def note(self, count: int) -> None:
        """Note that it has read."""
        now = time.monotonic()
        if self.last_read_at:
            self.longest_silence_s = max(self.longest_silence_s, now - self.last_read_at)
        self.last_read_at = now
        self.read_bytes += count

    def begin(self) -> None:
        """Measure anew from the next read on."""
        self.longest_silence_s = self.last_read_at = 0.0

    def answer_pings(self, received: bytes) -> None:
        """Do what keeps a WebSocket open."""
        self._text.feed(received)
        while self._text.pings:
            self.connection.send(message(self._text.pings.pop(), opcode=PONG))

    def testify(self) -> Understanding:
        """Understand what was kept."""
        text, subscriber, known_at = StreamText(), AnySubscriber(), dict[int, float]()
        for at, received in self.received:
            subscriber.feed(text.feed(received))
            known_at.setdefault(subscriber.time, at)
        head = text.head
        return Understanding(
            path=self.path,
            status=head.status if head else 0,
            is_stream=head.is_stream if head else False,
            names=subscriber.names,
            known_at=known_at,
            picture=subscriber.held_fleet(),
            units=subscriber.units,
        )


class Crowd:
    """Obeys commands on the standard input, and reads in between."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._members: dict[str, list[Member]] = {}
        self._by_number: dict[int, Member] = {}
        self._tricklers: list[Member] = []
        self._to_come: Iterator[tuple[Group, int]] = iter(())
        self._unanswered: set[int] = set()
        self._trickle_at = 0.0
        self._epoll = select.epoll()
        self._epoll.register(sys.stdin.fileno(), select.EPOLLIN)
        self._buffer = memoryview(bytearray(BUFFER_BYTES))

    def run(self) -> None:
        """Read until the commands end."""
        while True:
            self._let_in()
            for number, _ in self._epoll.poll(TRICKLE_INTERVAL_S / 4):
                if number != sys.stdin.fileno():
                    self._read(self._by_number[number])
                elif not self._obey():
                    return
            self._trickle()

    def _obey(self) -> bool:
        line = sys.stdin.buffer.readline()
        if not line:
            return False
        command = msgspec.json.decode(line, type=Command)
        members = self._members.setdefault(command.name, [])
        if command.group is not None:
            self._members.setdefault(command.group.name, [])
            coming = ((command.group, index) for index in range(command.group.subscribers))
            self._to_come = itertools.chain(self._to_come, coming)
        elif command.verb == "leave":
            for member in members:
                self._part(member)
            members.clear()
        elif command.verb == "begin":
            for member in members:
                member.begin()
        sys.stdout.write(msgspec.json.encode(self._report(members, command)).decode() + "\n")
        sys.stdout.flush()
        return True

    def _report(self, members: list[Member], command: Command) -> Report:
        witnesses = members if command.verb == "understand" else []
        return Report(
            open=sum(member.is_open for member in members),
            unanswered=sum(not member.read_bytes for member in members),
            read_bytes=min((member.read_bytes for member in members), default=0),
            silences=[member.longest_silence_s for member in members],
            witnesses=[member.testify() for member in witnesses if member.is_witness],
        )

    def _let_in(self) -> None:
        """Connect as many as may wait for an answer."""
        while len(self._unanswered) < AT_ONCE and (comer := next(self._to_come, None)):
            self._enter(*comer)

    def _enter(self, group: Group, index: int) -> None:
        path = group.paths[index % len(group.paths)]
        connection = socket.socket()
        if group.habit == "trickle":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, TRICKLE_BUFFER_BYTES)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, TRICKLE_SEGMENT_BYTES)
        connection.connect(("127.0.0.1", self._port))
        upgrade = WEBSOCKET if path.startswith("/ws/") else ""
        connection.sendall(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{upgrade}"
            f"Accept-Encoding: {group.encoding}\r\n\r\n".encode()
        )
        connection.setblocking(False)  # noqa: FBT003 - positional only
        member = Member(connection, group, path)
        member.is_witness = index < group.witnesses
        self._members[group.name].append(member)
        self._by_number[connection.fileno()] = member
        self._unanswered.add(connection.fileno())
        self._epoll.register(connection.fileno(), select.EPOLLIN)

    def _read(self, member: Member) -> None:
        if member.group.habit == "read":
            self._receive(member, BUFFER_BYTES)
            return
        # The first bytes are the answer; from then on it has its own pace, or none.
        self._receive(member, FROZEN_AFTER_BYTES)
        if member.is_open:
            self._epoll.unregister(member.connection.fileno())
            if member.group.habit == "trickle":
                self._tricklers.append(member)

    def _trickle(self) -> None:
        if time.monotonic() < self._trickle_at:
            return
        self._trickle_at = time.monotonic() + TRICKLE_INTERVAL_S
        for member in self._tricklers:
            self._receive(member, TRICKLE_BYTES)
        self._tricklers = [member for member in self._tricklers if member.is_open]

    def _receive(self, member: Member, most: int) -> None:
        try:
            count = member.connection.recv_into(self._buffer, most)
        except BlockingIOError:
            return
        except OSError:
            count = 0
        self._unanswered.discard(member.connection.fileno())
        if not count:
            self._part(member)
            return
        member.note(count)
        if member.path.startswith("/ws/"):
            member.answer_pings(bytes(self._buffer[:count]))
        if member.is_witness:
            member.received.append((member.last_read_at, bytes(self._buffer[:count])))

    def _part(self, member: Member) -> None:
        if member.is_open:
            member.is_open = False
            self._by_number.pop(member.connection.fileno())
            member.connection.close()  # which the epoll notices


def main() -> None:
    """Be the crowd until the commands end."""
    allow_open_files()
    Crowd(int(sys.argv[1])).run()


if __name__ == "__main__":
    main()
