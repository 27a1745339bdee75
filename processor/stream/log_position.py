"""How far a viewer has seen the log: the `id` of every event, the same on every instance."""

import hashlib
import string
from itertools import zip_longest

import msgspec

from processor.message import LogIdentity

_DIGITS = string.digits + string.ascii_lowercase
_EPOCH_LENGTH = 8
_MAX_LENGTH = 16_384
"""A thousand partitions of thirteen digits each; a longer id is not one of ours."""


class LogPosition(msgspec.Struct, frozen=True):
    """The next offset of every partition of one log.

    Attributes:
        epoch: Names the log; offsets of another mean nothing.
        offsets: One for each partition, in order. Partitions that were added later are not among
            them: nothing of those has been read, so they count as offset 0.
    """

    epoch: str
    offsets: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.epoch}.{'-'.join(to_base36(offset) for offset in self.offsets)}"

    def is_within(self, later: "LogPosition") -> bool:
        """Whether everything up to here is also up to `later`."""
        both = zip_longest(self.offsets, later.offsets, fillvalue=0)
        return all(mine <= other for mine, other in both)

    def over(self, partitions: int) -> "LogPosition":
        """Return the same position over at least so many partitions."""
        missing = partitions - len(self.offsets)
        return LogPosition(self.epoch, self.offsets + (0,) * missing) if missing > 0 else self


class EventId(msgspec.Struct, frozen=True):
    """What an event's id says: `epoch.offsets`, and `.tag` where the view is not the usual one."""

    position: LogPosition
    tag: str = ""

    def __str__(self) -> str:
        return name_event(str(self.position), self.tag)


def name_event(position: str, tag: str) -> str:
    """Write an event's id."""
    return f"{position}.{tag}" if tag else position


def parse_event_id(text: str) -> EventId | None:
    """Read a Last-Event-ID; None for whatever is not one of ours."""
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
    """Name a log so that every instance that reads it arrives at the same name.

    Partitions may be added to a topic. Where it has no id that cannot be told from another topic
    of the same name, so there it is another log.
    """
    made = identity.topic_id or f"\n{identity.partitions}"
    named = f"{identity.cluster_id}\n{identity.topic}\n{made}"
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
