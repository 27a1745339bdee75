"""TRACK: the newest state vector of every aircraft, and what changed since any moment."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import msgspec

from processor.message import AFTER_ANSWER_SECONDS, FUTURE_SECONDS
from processor.stream.aircraft import Aircraft
from processor.stream.columns import Columns
from processor.stream.log_position import LogPosition
from telemetry.state_vector import StateVector

Untimely = Literal["future", "after_answer"]
"""Why a state vector is ignored: it is later than the clock, or than its own answer."""


class Update(msgspec.Struct, frozen=True, gc=False):
    """One message: where in the log it stands, and its state vector, if it holds one.

    Attributes:
        poll_time: Time of the answer that the state vector is of (Unix seconds), where it is known.
        published_at: Kafka's timestamp (Unix seconds), where there is one.
    """

    partition: int
    offset: int
    state_vector: StateVector | None
    poll_time: int | None = None
    published_at: int | None = None


class Changes(msgspec.Struct, frozen=True):
    """From one picture to the next.

    Attributes:
        after: The aircraft that changed, as they are now, by icao24: neighbours look alike, which
            saves a twentieth of the bytes once compressed.
        before: The same that were in the picture, as they were.
        removed: Those that left it, as they were.
    """

    after: list[Aircraft]
    before: list[Aircraft]
    removed: list[Aircraft]

    def __bool__(self) -> bool:
        return bool(self.after or self.removed)


class Missed(msgspec.Struct, frozen=True):
    """What happened since a position: the aircraft that changed, and all that may have left."""

    changed: list[Aircraft]
    removed: list[str]


class _Tombstone(msgspec.Struct, frozen=True):
    removed_at: float
    position: LogPosition


class LiveState:
    """The living picture of one log, which moves from one turn to the next.

    What is read waits until `turn`, so that all who look between two turns see the same picture,
    at the same position. An aircraft remembers where in the log its state stands; what a viewer
    has missed since a position is therefore found without keeping a single event: the aircraft
    whose state stands at or after it, and all that were removed lately. That works for a viewer
    of any instance, since every instance reads the same log.

    Not safe across threads: everything happens in the event loop's.

    Args:
        start: From where on the log is read.
        resumable_after: Viewers that are no further than here cannot be resumed. It must be so
            much later than `start` that whatever they hold has been read.
        expiry_seconds: An aircraft that has been silent for so long is removed.
        resume_window_seconds: How long a removal is remembered.
        clock: Unix time in seconds, as the state vectors have it.

    Attributes:
        position: Where the log is read up to, at the newest turn.
        changes: What that turn has changed.
    """

    def __init__(
        self,
        *,
        start: LogPosition,
        resumable_after: LogPosition,
        expiry_seconds: float,
        resume_window_seconds: float,
        clock: Callable[[], float],
    ) -> None:
        self.position = start
        self.changes = Changes([], [], [])
        self._read = list(start.offsets)
        self._expiry_seconds = expiry_seconds
        self._resume_window_seconds = resume_window_seconds
        self._clock = clock
        self._fleet: dict[str, Aircraft] = {}
        self._incoming: dict[str, Aircraft] = {}
        self._sorted: list[Aircraft] | None = None
        self._columns: Columns | None = None
        self._tombstones: dict[str, _Tombstone] = {}
        # A viewer that is no further than here may hold aircraft whose removal is forgotten.
        self._forgotten = resumable_after
        self._uncertain_until: float | None = None

    def __len__(self) -> int:
        return len(self._fleet)

    @property
    def fleet(self) -> list[Aircraft]:
        """Every aircraft of the picture, by icao24."""
        if self._sorted is None:
            self._sorted = [self._fleet[icao24] for icao24 in sorted(self._fleet)]
        return self._sorted

    @property
    def columns(self) -> Columns:
        """The fleet in columns, in its order; made once between two turns."""
        if self._columns is None:
            self._columns = Columns(self.fleet)
        return self._columns

    @property
    def newest_contact(self) -> int | None:
        """The newest last_contact of the fleet (Unix seconds)."""
        fleet = self._fleet.values()
        return max((aircraft.state_vector.last_contact for aircraft in fleet), default=None)

    def extend(self, starts: Sequence[int]) -> None:
        """Read partitions that were added to the log as well, from these offsets on."""
        self._read += starts
        self._forgotten = _extended(self._forgotten, starts)
        self._tombstones = {
            icao24: _Tombstone(each.removed_at, _extended(each.position, starts))
            for icao24, each in self._tombstones.items()
        }

    def distrust(self) -> None:
        """Resume nothing until all has expired that others may have read and this one has not."""
        self._uncertain_until = self._clock() + self._expiry_seconds

    def apply(self, updates: Iterable[Update]) -> Counter[Untimely]:
        """Take messages in; state vectors out of order or repeated change nothing.

        Nor do those from the future: the newest counts, so one would hide its aircraft until then.

        Returns:
            How many were ignored because of their time, by reason.
        """
        ignored: Counter[Untimely] = Counter()
        latest = self._clock() + FUTURE_SECONDS
        for update in updates:
            self._read[update.partition] = update.offset + 1
            if (state_vector := update.state_vector) is None:
                continue
            if (reason := _untimely(update, state_vector.last_contact, latest)) is not None:
                ignored[reason] += 1
                continue
            icao24 = state_vector.icao24
            known = self._incoming.get(icao24) or self._fleet.get(icao24)
            if known is None or known.state_vector.last_contact < state_vector.last_contact:
                self._incoming[icao24] = Aircraft(
                    icao24, state_vector, update.partition, update.offset
                )
        return ignored

    def turn(self) -> Changes:
        """Move the picture on by all that was read, and remove whoever has fallen silent."""
        now = self._clock()
        self.position = LogPosition(self.position.epoch, tuple(self._read))
        self._sorted = self._columns = None
        incoming, self._incoming = self._incoming, {}
        shown = {icao24: self._fleet[icao24] for icao24 in incoming if icao24 in self._fleet}
        self._fleet |= incoming
        silent_since = now - self._expiry_seconds
        silent = [a for a in self._fleet.values() if a.state_vector.last_contact <= silent_since]
        for aircraft in silent:
            del self._fleet[aircraft.icao24]
        self._bury(silent, now)
        if self._uncertain_until is not None and now > self._uncertain_until:
            self._forgotten, self._uncertain_until = self.position, None
        for icao24 in incoming.keys() & self._tombstones.keys() & self._fleet.keys():
            del self._tombstones[icao24]
        changed = sorted(incoming.keys() & self._fleet.keys())
        self.changes = Changes(
            after=[incoming[icao24] for icao24 in changed],
            before=[shown[icao24] for icao24 in changed if icao24 in shown],
            removed=[
                shown.get(aircraft.icao24, aircraft)
                for aircraft in silent
                if aircraft.icao24 not in incoming or aircraft.icao24 in shown
            ],
        )
        return self.changes

    def _bury(self, silent: list[Aircraft], now: float) -> None:
        """Remember who left; also who came too late to be seen, for others may have seen it."""
        for aircraft in silent:
            self._tombstones.pop(aircraft.icao24, None)
            self._tombstones[aircraft.icao24] = _Tombstone(now, self.position)
        self._forget(now - self._resume_window_seconds)

    def _forget(self, before: float) -> None:
        """Drop tombstones in the order in which they were set."""
        while self._tombstones:
            icao24, tombstone = next(iter(self._tombstones.items()))
            if tombstone.removed_at >= before:
                return
            del self._tombstones[icao24]
            self._forgotten = tombstone.position

    def can_resume(self, position: LogPosition) -> bool:
        """Whether everything that a viewer at this position has missed is known."""
        forgotten = self._forgotten
        seen = position.over(len(forgotten.offsets))
        return (
            position.epoch == self.position.epoch
            and self._uncertain_until is None
            and len(position.offsets) <= len(self.position.offsets)
            and seen != forgotten
            and forgotten.is_within(seen)
        )

    def missed(self, since: LogPosition) -> Missed:
        """Return what a viewer at a position has missed, each aircraft's newest state only."""
        offsets = since.over(len(self._read)).offsets
        return Missed(
            changed=[a for a in self.fleet if a.offset >= offsets[a.partition]],
            removed=sorted(self._tombstones),
        )


def _extended(position: LogPosition, starts: Sequence[int]) -> LogPosition:
    """Return the position of which what stands before the starts is also a part."""
    return LogPosition(position.epoch, (*position.offsets, *starts))


def _untimely(update: Update, last_contact: int, latest: float) -> Untimely | None:
    if last_contact > latest:
        return "future"
    poll_time = update.poll_time
    if poll_time is not None and last_contact > poll_time + AFTER_ANSWER_SECONDS:
        return "after_answer"
    return None
