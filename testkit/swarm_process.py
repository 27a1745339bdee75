"""Many subscribers in one process, on raw sockets that are read as cheaply as Python can."""

import contextlib
import itertools
import os
import re
import select
import socket
import sys
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator

import msgspec

from testkit.line_process import reply
from testkit.process_resources import allow_open_files
from testkit.stream_text import PONG, WEBSOCKET, StreamText, message
from testkit.subscriber import Subscriber
from testkit.swarm_messages import Burst, Command, Group, Report, Seen, Understanding

BUFFER_BYTES = 1 << 20

MAX_UNANSWERED = 100
"""How many connections may wait for their first byte: fewer than the backlog of any server."""

FREEZE_AFTER_BYTES = 256
"""How much a subscriber reads before it freezes: the headers, or most of them."""

TRICKLE_BYTES, TRICKLE_INTERVAL_S = 512, 0.5
TRICKLE_SEGMENT_BYTES, TRICKLE_BUFFER_BYTES = 536, 4096
"""Segments as across a network: on the loopback a window opens again only after 32 KB."""

MAX_QUIET_TIMES = 20
"""A burst that should bring the same to all ends after so many quiet times even if it has not."""

_EVENT = re.compile(rb"^event: ?(\w+)", re.MULTILINE)
_STATE = b'"icao24"'


class Member:
    """One subscriber.

    Attributes:
        read_bytes: Bytes that it has read.
        burst_bytes: Bytes that it has read in the current burst.
        last_read_at: When it read last (monotonic seconds); 0 if not since `measure`.
        received: What a witness has read, and when.
    """

    def __init__(self, connection: socket.socket, group: Group, path: str) -> None:
        self.connection = connection
        self.number = connection.fileno()
        self.group = group
        self.path = path
        self.is_websocket = path.startswith("/ws/")
        self.is_witness = False
        self.is_open = True
        self.read_bytes = self.burst_bytes = 0
        self.last_read_at = self.longest_silence_s = 0.0
        self.received: list[tuple[float, bytes]] = []
        self.text = StreamText()
        self.bursts: Bursts | None = None

    def note(self, count: int, now: float) -> None:
        """Note a read of so many bytes."""
        if self.last_read_at:
            self.longest_silence_s = max(self.longest_silence_s, now - self.last_read_at)
        self.last_read_at = now
        self.read_bytes += count

    def measure(self) -> None:
        """Measure silences from the next read on."""
        self.longest_silence_s = self.last_read_at = 0.0

    def answer_pings(self, received: bytes) -> None:
        """Answer the pings that keep a WebSocket open."""
        self.text.feed(received)
        while self.text.pings:
            with contextlib.suppress(OSError):  # the next read notices a closed connection
                self.connection.send(message(self.text.pings.pop(), opcode=PONG))

    def decode(self) -> Understanding:
        """Decode all that was received."""
        text, known_at = StreamText(), dict[int, float]()
        subscriber = Subscriber(keeps_events=False)
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
            fleet=dict(subscriber.held_fleet()),
            units=subscriber.units,
        )

    def decode_burst(self) -> Seen:
        """Decode what was received since the last call."""
        text = self.text.feed(b"".join(received for _, received in self.received))
        self.received.clear()
        head = self.text.head
        return Seen(
            encoding=head.headers.get("content-encoding", "identity") if head else "identity",
            plain_bytes=len(text),
            events=dict(Counter(name.decode() for name in _EVENT.findall(text))),
            states=text.count(_STATE),
        )


class Bursts:
    """The bursts of one group: the current one, and those that have ended."""

    def __init__(self, group: Group, members: list[Member]) -> None:
        self.ended: deque[Burst] = deque()
        self._group = group
        self._members = members
        self._first_byte = self._last_byte = self._check_at = 0.0
        self._done_at: dict[int, float] = {}

    def note(self, member: Member, count: int, now: float) -> None:
        """Note that a member has read so many bytes."""
        member.read_bytes += count
        member.burst_bytes += count
        self._first_byte = self._first_byte or now
        self._last_byte = self._done_at[member.number] = now

    @property
    def ends_in_s(self) -> float | None:
        """Seconds until the current burst may end; None without one."""
        if not self._first_byte or self._group.quiet_s is None:
            return None
        ends_at = max(self._check_at, self._last_byte + self._group.quiet_s)
        return max(0.0, ends_at - time.monotonic())

    def end(self) -> None:
        """End the current burst if the group has been quiet for long enough."""
        quiet_s = self._group.quiet_s
        if not self._first_byte or quiet_s is None:
            return
        now = time.monotonic()
        silence_s = now - self._last_byte
        if silence_s < quiet_s or now < self._check_at:
            return
        counts = [member.burst_bytes for member in self._members if member.is_open] or [0]
        is_whole = not self._group.gets_the_same or min(counts) == max(counts)
        if not is_whole and silence_s < MAX_QUIET_TIMES * quiet_s:
            self._check_at = now + quiet_s
            return
        witness = next((each for each in self._members if each.is_witness), self._members[0])
        self.ended.append(
            Burst(
                first_byte=self._first_byte,
                done_at=sorted(self._done_at.values()),
                subscribers=sum(member.is_open for member in self._members),
                least_bytes=min(counts),
                most_bytes=max(counts),
                all_bytes=sum(counts),
                seen=witness.decode_burst(),
            )
        )
        self._first_byte, self._check_at, self._done_at = 0.0, 0.0, {}
        for member in self._members:
            member.burst_bytes = 0


class Swarm:
    """Obeys commands on the standard input, and reads in between."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._members: dict[str, list[Member]] = defaultdict(list)
        self._bursts: dict[str, Bursts] = {}
        self._by_number: dict[int, Member] = {}
        self._tricklers: list[Member] = []
        self._to_come: Iterator[tuple[Group, int]] = iter(())
        self._unanswered: set[int] = set()
        self._trickle_at = 0.0
        self._waiting_for: tuple[str, float] | None = None
        self._epoll = select.epoll()
        self._epoll.register(sys.stdin.fileno(), select.EPOLLIN)
        self._buffer = memoryview(bytearray(BUFFER_BYTES))

    def run(self) -> None:
        """Read until the commands end."""
        while True:
            self._let_in()
            for number, _ in self._epoll.poll(self._poll_s()):
                if number != sys.stdin.fileno():
                    self._read(self._by_number[number])
                elif not self._obey():
                    return
            self._trickle()
            self._end_bursts()

    def _poll_s(self) -> float | None:
        """Return how long to wait for bytes at the most; None for no limit."""
        # A burst does not end while subscribers are unanswered.
        bursts = () if self._unanswered else self._bursts.values()
        limits = [each.ends_in_s for each in bursts]
        if self._waiting_for is not None:
            limits.append(max(0.0, self._waiting_for[1] - time.monotonic()))
        if self._tricklers:
            limits.append(TRICKLE_INTERVAL_S / 4)
        return min((limit for limit in limits if limit is not None), default=None)

    def _obey(self) -> bool:
        """Read a command and obey it; return whether there was one."""
        line = sys.stdin.buffer.readline()
        if not line:
            return False
        command = msgspec.json.decode(line, type=Command)
        if command.verb == "burst":
            self._waiting_for = (command.name, time.monotonic() + command.timeout_s)
        elif command.verb == "bursts":
            ended = self._bursts[command.name].ended
            reply(list(ended))
            ended.clear()
        else:
            reply(self._change(command))
        return True

    def _change(self, command: Command) -> Report:
        """Change a group, and report its state."""
        if command.group is not None:
            self._prepare(command.group)
        members = self._members[command.name]
        if command.verb == "measure":
            for member in members:
                member.measure()
        report = self._report(members, is_decoded=command.verb == "decode")
        if command.verb == "leave":
            for member in members:
                self._part(member)
            members.clear()
        return report

    def _prepare(self, group: Group) -> None:
        """Let a group enter after those that are still to come."""
        coming = ((group, index) for index in range(group.subscribers))
        self._to_come = itertools.chain(self._to_come, coming)
        if group.quiet_s is not None:
            self._bursts[group.name] = Bursts(group, self._members[group.name])

    def _report(self, members: list[Member], *, is_decoded: bool) -> Report:
        return Report(
            open=sum(member.is_open for member in members),
            unanswered=sum(not member.read_bytes for member in members),
            read_bytes=min((member.read_bytes for member in members), default=0),
            silences=[member.longest_silence_s for member in members],
            witnesses=[each.decode() for each in members if is_decoded and each.is_witness],
        )

    def _end_bursts(self) -> None:
        """End bursts that are over, and answer the command that waits for one."""
        if not self._unanswered:
            for bursts in self._bursts.values():
                bursts.end()
        if self._waiting_for is None:
            return
        name, give_up_at = self._waiting_for
        ended = self._bursts[name].ended
        if ended or time.monotonic() >= give_up_at:
            self._waiting_for = None
            reply(ended.popleft() if ended else None)

    def _let_in(self) -> None:
        """Connect as many as may wait for an answer."""
        while len(self._unanswered) < MAX_UNANSWERED and (next_ := next(self._to_come, None)):
            self._enter(*next_)

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
        member.bursts = self._bursts.get(group.name)
        self._members[group.name].append(member)
        self._by_number[member.number] = member
        self._unanswered.add(member.number)
        self._epoll.register(member.number, select.EPOLLIN)

    def _read(self, member: Member) -> None:
        if member.group.habit == "read":
            self._receive(member, BUFFER_BYTES)
            return
        # The first bytes are the answer; after them the subscriber reads slowly or not at all.
        self._receive(member, FREEZE_AFTER_BYTES)
        if member.is_open:
            self._epoll.unregister(member.number)
            if member.group.habit == "trickle":
                self._tricklers.append(member)

    def _trickle(self) -> None:
        if not self._tricklers or time.monotonic() < self._trickle_at:
            return
        self._trickle_at = time.monotonic() + TRICKLE_INTERVAL_S
        for member in self._tricklers:
            self._receive(member, TRICKLE_BYTES)
        self._tricklers = [member for member in self._tricklers if member.is_open]

    def _receive(self, member: Member, most: int) -> None:
        is_kept = member.is_witness or member.is_websocket
        # The kernel discards bytes that are not needed, without copying them.
        flags = 0 if is_kept else socket.MSG_TRUNC
        try:
            count = member.connection.recv_into(self._buffer, most, flags)
        except BlockingIOError:
            return
        except OSError:
            count = 0
        self._unanswered.discard(member.number)
        if not count:
            self._part(member)
            return
        now = time.monotonic()
        if member.bursts is not None:
            member.bursts.note(member, count, now)
        else:
            member.note(count, now)
        if is_kept:
            self._keep(member, bytes(self._buffer[:count]), now)

    def _keep(self, member: Member, received: bytes, now: float) -> None:
        if member.is_websocket:
            member.answer_pings(received)
        if member.is_witness:
            member.received.append((now, received))

    def _part(self, member: Member) -> None:
        if member.is_open:
            member.is_open = False
            self._by_number.pop(member.number)
            member.connection.close()  # the epoll notices it


def main() -> None:
    """Run the swarm until the commands end.

    The arguments are the port of the server and, if there is another, the processor core that the
    process is pinned to.
    """
    allow_open_files()
    if len(sys.argv) > 2:
        os.sched_setaffinity(0, {int(sys.argv[2])})
    Swarm(int(sys.argv[1])).run()


if __name__ == "__main__":
    main()
