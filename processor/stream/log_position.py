"""Log positions and event ids, which mean the same on every instance."""

import hashlib
import string
from itertools import zip_longest

import msgspec

from processor.message import LogIdentity

_DIGITS = string.digits + string.ascii_lowercase
_EPOCH_LENGTH = 8
_MAX_LENGTH = 16_384
"""Bound of an event id: a thousand partitions with offsets of thirteen digits."""


class LogPosition(msgspec.Struct, frozen=True):
    """The next offset of every partition of one log.

    Attributes:
        epoch: Name of the log; positions in different logs are not comparable.
        offsets: One for each partition, in order. A partition that was added later is missing and
            counts as offset 0, since nothing in it was read.
    """

    epoch: str
    offsets: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.epoch}.{'-'.join(to_base36(offset) for offset in self.offsets)}"

    def is_within(self, later: "LogPosition") -> bool:
        """Whether this position lies at or before another in every partition."""
        both = zip_longest(self.offsets, later.offsets, fillvalue=0)
        return all(mine <= other for mine, other in both)

    def padded(self, partitions: int) -> "LogPosition":
        """Return the same position with offsets for at least so many partitions."""
        missing = partitions - len(self.offsets)
        return LogPosition(self.epoch, self.offsets + (0,) * missing) if missing > 0 else self


class EventId(msgspec.Struct, frozen=True):
    """A log position and the tag of a query; its text `epoch.offsets[.tag]` is an event's `id`.

    The tag is empty for the default query.
    """

    position: LogPosition
    tag: str = ""

    def __str__(self) -> str:
        return format_event_id(str(self.position), self.tag)


def format_event_id(position: str, tag: str) -> str:
    """Return the text of an event id."""
    return f"{position}.{tag}" if tag else position


def parse_event_id(text: str) -> EventId | None:
    """Read a `Last-Event-ID`; None for a text that is not an event id of this service."""
    if len(text) > _MAX_LENGTH:
        return None
    epoch, _, rest = text.partition(".")
    offsets, _, tag = rest.partition(".")
    try:
        position = LogPosition(epoch, tuple(_from_base36(offset) for offset in offsets.split("-")))
    except ValueError:
        return None
    return EventId(position, tag)


def epoch_of(identity: LogIdentity) -> str:
    """Return a name for a log that is the same on every instance.

    Partitions may be added to a topic. If the topic has no id, a topic with more partitions cannot
    be distinguished from another topic of the same name, so it counts as another log.
    """
    incarnation = identity.topic_id or f"\n{identity.partitions}"
    named = f"{identity.cluster_id}\n{identity.topic}\n{incarnation}"
    digest = hashlib.sha256(named.encode()).digest()
    return to_base36(int.from_bytes(digest[:8]))[:_EPOCH_LENGTH]


def to_base36(number: int) -> str:
    """Write a number that is not negative in base 36, with lower-case letters."""
    digits = []
    while number >= 36:  # noqa: PLR2004 - the base
        number, digit = divmod(number, 36)
        digits.append(_DIGITS[digit])
    return _DIGITS[number] + "".join(reversed(digits))


def _from_base36(text: str) -> int:
    if not text.isascii() or not text.isalnum() or (not text.islower() and not text.isdigit()):
        raise ValueError(text)
    return int(text, 36)
