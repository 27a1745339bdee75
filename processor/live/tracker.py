"""TRACK: the newest state vector of every aircraft, and what changed since any moment."""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from processor.live.position import Position
from telemetry.state_vector import StateVector

_encode = msgspec.json.Encoder().encode


class Update(msgspec.Struct, frozen=True):
    """One message: where in the log it stands, and its state vector, if it holds one."""

    partition: int
    offset: int
    state_vector: StateVector | None


class Changes(msgspec.Struct, frozen=True):
    """What a viewer must be told: aircraft as JSON objects, encoded once, and those that left."""

    rows: list[bytes]
    removed: list[str]

    def __bool__(self) -> bool:
        return bool(self.rows or self.removed)


class _Aircraft(msgspec.Struct):
    last_contact: int
    partition: int
    offset: int
    state_vector: StateVector
    row: bytes | None = None

    def encoded(self) -> bytes:
        if self.row is None:
            self.row = _encode(self.state_vector)
        return self.row


class _Tombstone(msgspec.Struct, frozen=True):
    removed_at: float
    position: Position


class Tracker:
    """The living picture of one log.

    An aircraft remembers where in the log its state stands, so what a viewer has missed since a
    position is found without keeping a single event: the aircraft whose state stands at or after
    it, and all that were removed lately. That works for a viewer of any instance, since every
    instance reads the same log.

    Not safe across threads: everything happens in the event loop's.

    Args:
        start: From where on the log is read.
        resumable_after: Viewers that are no further than here cannot be resumed. It must be so
            much later than `start` that whatever they hold has been read.
        expiry_seconds: An aircraft that has been silent for so long is removed.
        resume_window_seconds: How long a removal is remembered.
        clock: Unix time in seconds.
    """

    def __init__(
        self,
        *,
        start: Position,
        resumable_after: Position,
        expiry_seconds: float,
        resume_window_seconds: float,
        clock: Callable[[], float],
    ) -> None:
        self._epoch = start.epoch
        self._offsets = list(start.offsets)
        self._expiry_seconds = expiry_seconds
        self._resume_window_seconds = resume_window_seconds
        self._clock = clock
        self._fleet: dict[str, _Aircraft] = {}
        self._changed: set[str] = set()
        self._removed: set[str] = set()
        self._tombstones: dict[str, _Tombstone] = {}
        # A viewer that is no further than here may hold aircraft whose removal is forgotten.
        self._forgotten = resumable_after

    def __len__(self) -> int:
        return len(self._fleet)

    @property
    def position(self) -> Position:
        """How far the log has been read."""
        return Position(self._epoch, tuple(self._offsets))

    @property
    def newest_contact(self) -> int | None:
        """The newest last_contact of the fleet (Unix seconds)."""
        return max((aircraft.last_contact for aircraft in self._fleet.values()), default=None)

    def apply(self, updates: Iterable[Update]) -> None:
        """Take messages in; state vectors out of order or repeated change nothing."""
        for update in updates:
            self._offsets[update.partition] = update.offset + 1
            if (state_vector := update.state_vector) is None:
                continue
            icao24 = state_vector.icao24
            known = self._fleet.get(icao24)
            if known is not None and known.last_contact >= state_vector.last_contact:
                continue
            self._fleet[icao24] = _Aircraft(
                state_vector.last_contact, update.partition, update.offset, state_vector
            )
            self._tombstones.pop(icao24, None)
            self._removed.discard(icao24)
            self._changed.add(icao24)

    def expire(self) -> None:
        """Remove the aircraft that have not been heard for too long, and forget old removals."""
        now = self._clock()
        silent_since = now - self._expiry_seconds
        position = self.position
        for icao24 in [k for k, a in self._fleet.items() if a.last_contact <= silent_since]:
            del self._fleet[icao24]
            self._changed.discard(icao24)
            self._removed.add(icao24)
            self._tombstones[icao24] = _Tombstone(now, position)
        self._forget(now - self._resume_window_seconds)

    def _forget(self, before: float) -> None:
        """Drop tombstones in the order in which they were set."""
        while self._tombstones:
            icao24, tombstone = next(iter(self._tombstones.items()))
            if tombstone.removed_at >= before:
                return
            del self._tombstones[icao24]
            self._forgotten = tombstone.position

    def take_changes(self) -> Changes:
        """Return what changed since this was last called."""
        changes = Changes(
            rows=[self._fleet[icao24].encoded() for icao24 in self._changed],
            removed=sorted(self._removed),
        )
        self._changed.clear()
        self._removed.clear()
        return changes

    def snapshot(self) -> list[bytes]:
        """Return every aircraft as a JSON object."""
        return [aircraft.encoded() for aircraft in self._fleet.values()]

    def can_resume(self, position: Position) -> bool:
        """Whether everything that a viewer at this position has missed is known."""
        return (
            position.epoch == self._epoch
            and len(position.offsets) == len(self._offsets)
            and position != self._forgotten
            and self._forgotten.is_within(position)
        )

    def changes_since(self, position: Position) -> Changes:
        """Return what a viewer at a position has missed, each aircraft's newest state only."""
        offsets: Sequence[int] = position.offsets
        return Changes(
            rows=[
                aircraft.encoded()
                for aircraft in self._fleet.values()
                if aircraft.offset >= offsets[aircraft.partition]
            ],
            removed=sorted(self._tombstones),
        )
