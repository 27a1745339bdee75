"""The part of the past that a subscriber asks for, and the ids of the events that replay it."""

from typing import Literal

import msgspec

from processor.stream.log_position import format_event_id, parse_event_id, to_base36

COMPLETE, INCOMPLETE = "replay", "nearly"
"""The first part of the id of a replayed event. A log's epoch has eight characters, so no position
of a log begins with one of these words."""

Opening = Literal["snapshot", "reset", "nothing"]


class ReplayRequest(msgspec.Struct, frozen=True, eq=False):
    """A time range to replay, and how fast.

    Attributes:
        requested_start: The parameter `from` (Unix seconds).
        end: The second after the parameter `to` (Unix seconds); None replays up to the present and
            then switches to the live stream.
        speed: Seconds of event time in one second; None is as fast as the subscriber reads.
        start: The first second that is replayed (Unix seconds). It is later than `requested_start`
            for a subscriber that resumes.
        opening: The events that precede the first state vector: a snapshot of all aircraft at
            `start`, a `reset` and a snapshot, or nothing for a subscriber that resumes.
    """

    requested_start: int
    end: int | None
    speed: float | None
    start: int
    opening: Opening = "snapshot"

    @property
    def is_over(self) -> bool:
        """Whether nothing of the range remains to be replayed."""
        return self.end is not None and self.start >= self.end


class ReplayEventId(msgspec.Struct, frozen=True):
    """The id of a replayed event, `replay.<second>.<tag>` or `nearly.<second>.<tag>`, in base 36.

    Attributes:
        second: All state vectors with a `last_contact` before this second (Unix) were sent.
        tag: The query's tag; empty, and left out with its dot, for the whole fleet.
        is_complete: Whether the archive had stored everything before that second. Near the present
            it has not: a subscriber that resumes there may have missed late messages.
    """

    second: int
    tag: str = ""
    is_complete: bool = True

    def __str__(self) -> str:
        word = COMPLETE if self.is_complete else INCOMPLETE
        return format_event_id(f"{word}.{to_base36(self.second)}", self.tag)


def parse_replay_event_id(text: str) -> ReplayEventId | None:
    """Read the id of a replayed event; None if the text is any other id, or none at all."""
    event_id = parse_event_id(text)
    if event_id is None or event_id.position.epoch not in (COMPLETE, INCOMPLETE):
        return None
    second = event_id.position.offsets[0]
    return ReplayEventId(second, event_id.tag, event_id.position.epoch == COMPLETE)
