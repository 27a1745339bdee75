"""The messages between a test or benchmark and the process of a swarm of subscribers."""

import msgspec


class Group(msgspec.Struct, frozen=True):
    """Subscribers that behave alike.

    Attributes:
        name: The name of the group.
        subscribers: The number of subscribers.
        paths: What they request, in turns.
        encoding: Their `Accept-Encoding`.
        habit: `read`, `trickle` (1 kB/s) or `freeze` (after the headers).
        witnesses: The number of subscribers that keep what they read, so that it can be decoded.
        quiet_s: A burst ends once the group has read nothing for so long; None for no bursts.
        gets_the_same: Whether a burst also waits until all have read the same number of bytes.
    """

    name: str
    subscribers: int
    paths: tuple[str, ...]
    encoding: str = "zstd"
    habit: str = "read"
    witnesses: int = 0
    quiet_s: float | None = None
    gets_the_same: bool = False


class Command(msgspec.Struct, frozen=True):
    """A command about a group, and the number of seconds that `burst` waits.

    The verbs are `enter`, `report`, `decode`, `measure`, `leave`, `burst` and `bursts`.
    """

    verb: str
    name: str = ""
    group: Group | None = None
    timeout_s: float = 0.0


class Understanding(msgspec.Struct, frozen=True):
    """What one subscriber has received, decoded.

    Attributes:
        path: The path of its request.
        status: The status of the response.
        is_stream: Whether the response was a stream of events.
        names: The names of events, in order.
        known_at: When it had received the state at a time of the sky (monotonic seconds).
        fleet: The aircraft that it holds, by icao24.
        units: The units of the columns, in the format delta.
    """

    path: str
    status: int
    is_stream: bool
    names: list[str]
    known_at: dict[int, float]
    fleet: dict[str, object]
    units: dict[str, float]


class Report(msgspec.Struct, frozen=True):
    """The state of a group.

    Attributes:
        open: Subscribers that are connected, as far as they know.
        unanswered: Subscribers that have not read anything yet.
        read_bytes: Bytes that the subscriber with the fewest has read.
        silences: The longest time between two reads of each subscriber since `measure`.
        witnesses: What the witnesses have received; only after `decode`.
    """

    open: int
    unanswered: int
    read_bytes: int
    silences: list[float]
    witnesses: list[Understanding]


class Seen(msgspec.Struct, frozen=True):
    """What the first witness received in a burst.

    Attributes:
        encoding: The `Content-Encoding` of the response.
        plain_bytes: Bytes of the text, without compression and chunks.
        events: The number of events of each name.
        states: The number of state vectors that are written as objects.
    """

    encoding: str
    plain_bytes: int
    events: dict[str, int]
    states: int


class Burst(msgspec.Struct, frozen=True):
    """What a group received between two silences; times are of the machine's monotonic clock.

    Attributes:
        first_byte: When the first subscriber read the first byte.
        done_at: When each subscriber that read anything had read its last byte, sorted.
        subscribers: The number of subscribers that are still connected.
        least_bytes: Bytes that the subscriber with the fewest read.
        most_bytes: Bytes that the subscriber with the most read.
        all_bytes: Bytes that all read together.
        seen: What the first witness received.
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
        """When the first subscriber had read its last byte."""
        return self.done_at[0]

    @property
    def last_done(self) -> float:
        """When the last subscriber had read its last byte."""
        return self.done_at[-1]
