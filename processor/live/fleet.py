"""The newest state vector of every aircraft, and what changed since any log position."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Literal

import msgspec

from processor.live.fleet_state import FleetState, StateStep, empty_state, next_state
from processor.message import AFTER_ANSWER_SECONDS, FUTURE_SECONDS
from processor.reference.identity import UNKNOWN, Identity
from processor.stream.aircraft import Aircraft
from processor.stream.changes import Changes
from processor.stream.columns import Columns
from processor.stream.log_position import LogPosition
from processor.stream.slices import Slices, run_at_once
from telemetry.state_vector import StateVector

Untimely = Literal["future", "after_answer"]
"""Why a state vector is ignored: it is later than the clock, or than the answer it came in."""


class Update(msgspec.Struct, frozen=True, gc=False):
    """One message of the log, applied to a fleet.

    Attributes:
        partition: The partition in which it stands.
        offset: The offset at which it stands there.
        state_vector: Its content; None if it holds no state vector.
        poll_time: Time of the answer that the state vector is from (Unix seconds), None if unknown.
        published_at: Kafka's timestamp (Unix seconds), None if there is none.
    """

    partition: int
    offset: int
    state_vector: StateVector | None
    poll_time: int | None = None
    published_at: int | None = None


class MissedChanges(msgspec.Struct, frozen=True):
    """What happened in a fleet since a log position.

    Attributes:
        changed: The aircraft that changed, as they are.
        removed: The addresses of all aircraft that may have been removed.
    """

    changed: list[Aircraft]
    removed: list[str]


class _Tombstone(msgspec.Struct, frozen=True):
    removed_at: float
    position: LogPosition


class FleetStep:
    """The step of a fleet to its next tick. What it reads does not change meanwhile.

    Attributes:
        position: The position up to which the log was read.
        now: The time of the step (Unix seconds).
        n_incoming: How many aircraft have newer state vectors or an identity.
        identified: The addresses of those whose identity may be all that changed.
        found: The state of the next tick, when it was computed.
    """

    found: StateStep

    def __init__(
        self,
        state: FleetState,
        incoming: Mapping[str, Aircraft],
        identified: frozenset[str],
        position: LogPosition,
        *,
        now: float,
        expiry_seconds: float,
    ) -> None:
        self.position = position
        self.now = now
        self.n_incoming = len(incoming)
        self.identified = identified
        self._state = state
        self._incoming = incoming
        self._silent_since = now - expiry_seconds

    def compute(self) -> Slices[None]:
        """Compute the state of the next tick."""
        self.found = yield from next_state(
            self._state,
            self._incoming,
            self._silent_since,
            has_identities=bool(self.identified),
        )

    def __len__(self) -> int:
        return len(self.found.state.keys)


class Fleet:
    """The aircraft that one log describes; `advance` moves it from tick to tick.

    Messages wait until `advance`, so that all who look between two ticks see the same aircraft, at
    the same position. Each aircraft keeps the offset of its state vector. So what a subscriber has
    missed since a log position is found without storing events: the aircraft whose state vectors
    stand at or after it, and all that were removed recently. This works for subscribers of any
    instance, because every instance reads the same log.

    Not safe across threads: only the event loop's thread may use it.

    Args:
        start: The position from which the log is read.
        resumable_after: A subscriber at this position or an earlier one cannot resume. It must be
            so much later than `start` that every aircraft which the subscriber may hold was read.
        expiry_seconds: An aircraft whose last contact is so old is removed.
        resume_window_seconds: How long a removal is remembered.
        clock: Unix time in seconds, as the state vectors have it.

    Attributes:
        position: The position up to which the log was read at the newest tick.
        changes: What the newest tick changed.
        identity_version: How often identities became visible, which may happen between two ticks
            that subscribers are sent.
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
        self.changes = Changes.of()
        self.identity_version = 0
        self._next_offsets = list(start.offsets)
        self._expiry_seconds = expiry_seconds
        self._resume_window_seconds = resume_window_seconds
        self._clock = clock
        self._state = empty_state()
        self._incoming: dict[str, Aircraft] = {}
        self._prepared: Mapping[str, Aircraft] = {}
        self._unidentified: dict[str, None] = {}
        self._identities: dict[str, Identity] = {}
        self._identified_by: frozenset[str] = frozenset()
        self._identified_at: dict[str, LogPosition] = {}
        self._tombstones: dict[str, _Tombstone] = {}
        # A subscriber at this position or before may hold aircraft whose removal is forgotten.
        self._forgotten = resumable_after
        self._uncertain_until: float | None = None

    def __len__(self) -> int:
        return len(self._state.keys)

    @property
    def aircraft(self) -> Sequence[Aircraft]:
        """Every aircraft at the newest tick, by icao24."""
        return self._state.columns.aircraft

    @property
    def columns(self) -> Columns:
        """`aircraft` in columns, in the same order."""
        return self._state.columns

    @property
    def newest_contact(self) -> int | None:
        """The newest last_contact of all aircraft (Unix seconds), None without aircraft."""
        return int(self.columns.floats("last_contact").max()) if len(self) else None

    def add_partitions(self, starts: Sequence[int]) -> None:
        """Follow partitions that were added to the log, each from its start offset."""
        self._next_offsets += starts
        self._forgotten = _with_partitions(self._forgotten, starts)
        self._tombstones = {
            icao24: _Tombstone(each.removed_at, _with_partitions(each.position, starts))
            for icao24, each in self._tombstones.items()
        }

    def forbid_resume(self) -> None:
        """Resume no subscriber until every aircraft expired that only other instances have read."""
        self._uncertain_until = self._clock() + self._expiry_seconds

    def apply(self, updates: Iterable[Update]) -> Counter[Untimely]:
        """Take in messages, which become visible at the next tick.

        A state vector counts if it is newer than the one before, so repeated messages and messages
        out of order change nothing. One from the future would hide its aircraft until that time,
        so it is ignored.

        Returns:
            How many state vectors were ignored because of their time, by reason.
        """
        ignored: Counter[Untimely] = Counter()
        latest = self._clock() + FUTURE_SECONDS
        for update in updates:
            self._next_offsets[update.partition] = update.offset + 1
            if (state_vector := update.state_vector) is None:
                continue
            if (reason := _untimely(update, state_vector.last_contact, latest)) is not None:
                ignored[reason] += 1
                continue
            icao24 = state_vector.icao24
            known = (
                self._incoming.get(icao24)
                or self._prepared.get(icao24)
                or self._state.by_icao24.get(icao24)
            )
            if known is None or known.state_vector.last_contact < state_vector.last_contact:
                if known is None:
                    self._unidentified[icao24] = None
                self._incoming[icao24] = Aircraft(
                    icao24,
                    state_vector,
                    update.partition,
                    update.offset,
                    UNKNOWN if known is None else known.identity,
                )
        return ignored

    def take_unidentified(self, most: int) -> list[str]:
        """Return the addresses of aircraft that are new to the fleet, each once, oldest first."""
        found = list(islice(self._unidentified, most))
        for icao24 in found:
            del self._unidentified[icao24]
        return found

    def look_up_again(self) -> None:
        """Return every aircraft from `take_unidentified` once more."""
        self._unidentified |= dict.fromkeys(self._state.by_icao24)

    def identify(self, found: Mapping[str, Identity]) -> None:
        """Take in the identities of aircraft, which become visible at the next tick."""
        self._identities |= found

    @property
    def has_new_identities(self) -> bool:
        """Whether there are identities that no step has taken."""
        return bool(self._identities)

    def advance(self) -> Changes:
        """Show all messages that were applied, and remove the aircraft that have expired."""
        step = self.prepare()
        run_at_once(step.compute())
        return self.show(step)

    def prepare(self) -> FleetStep:
        """Return the step to the next tick, which takes all messages and identities so far.

        Until `show` the fleet stays as it is, and messages that are applied wait for a later tick.
        A step that is never shown changes nothing: its messages are taken by the next one.
        """
        self._prepared = {**self._prepared, **self._incoming} if self._prepared else self._incoming
        self._incoming = {}
        if self._identities:
            self._take_identities()
        position = LogPosition(self.position.epoch, tuple(self._next_offsets))
        return FleetStep(
            self._state,
            self._prepared,
            self._identified_by,
            position,
            now=self._clock(),
            expiry_seconds=self._expiry_seconds,
        )

    def _take_identities(self) -> None:
        """Give each aircraft its identity, unless it has left the fleet meanwhile."""
        found, self._identities = self._identities, {}
        identified = {}
        for icao24, identity in found.items():
            known = self._prepared.get(icao24) or self._state.by_icao24.get(icao24)
            if known is not None and known.identity != identity:
                identified[icao24] = known.with_identity(identity)
        self._prepared = {**self._prepared, **identified}
        self._identified_by |= identified.keys()

    def can_show(self, step: FleetStep) -> bool:
        """Whether a step has all partitions; some may have been added since it was prepared."""
        return len(step.position.offsets) == len(self._next_offsets)

    def show(self, step: FleetStep) -> Changes:
        """Show what the newest step has computed, and return what it changed."""
        found = step.found
        self._state, self._prepared = found.state, {}
        self.position, self.changes = step.position, found.changes
        if step.identified:
            self._identified_at |= dict.fromkeys(step.identified, self.position)
            self._identified_by = frozenset()
            self.identity_version += 1
        self._remember_removals(found.expired, step.now)
        if self._uncertain_until is not None and step.now > self._uncertain_until:
            self._forgotten, self._uncertain_until = self.position, None
        for icao24 in self._tombstones.keys() & self._state.by_icao24.keys():
            del self._tombstones[icao24]
        return self.changes

    def _remember_removals(self, expired: Sequence[str], now: float) -> None:
        """Set a tombstone for each, also for one that expired before any tick showed it.

        Another instance may have shown it.
        """
        for icao24 in expired:
            self._identified_at.pop(icao24, None)
            self._unidentified.pop(icao24, None)
            self._tombstones.pop(icao24, None)
            self._tombstones[icao24] = _Tombstone(now, self.position)
        self._forget_removals(now - self._resume_window_seconds)

    def _forget_removals(self, before: float) -> None:
        """Drop the tombstones that were set before a time; they lie in the order of that time."""
        while self._tombstones:
            icao24, tombstone = next(iter(self._tombstones.items()))
            if tombstone.removed_at >= before:
                return
            del self._tombstones[icao24]
            self._forgotten = tombstone.position

    def can_resume(self, position: LogPosition) -> bool:
        """Whether everything that a subscriber at a position has missed is known."""
        forgotten = self._forgotten
        reached = position.padded(len(forgotten.offsets))
        return (
            position.epoch == self.position.epoch
            and self._uncertain_until is None
            and len(position.offsets) <= len(self.position.offsets)
            and reached != forgotten
            and forgotten.is_within(reached)
        )

    def missed(self, since: LogPosition, *, with_identity: bool = False) -> MissedChanges:
        """Return what a subscriber at a position has missed: each aircraft in its newest state.

        Args:
            since: The position.
            with_identity: Whether the subscriber is sent identities too. One that was looked up
                before the position on this instance, and after it on another one, is sent with the
                aircraft's next state vector.
        """
        offsets = since.padded(len(self._next_offsets)).offsets
        identified = self._identified_since(since) if with_identity else frozenset()
        return MissedChanges(
            changed=[
                a
                for a in self.aircraft
                if a.offset >= offsets[a.partition] or a.icao24 in identified
            ],
            removed=sorted(self._tombstones),
        )

    def _identified_since(self, since: LogPosition) -> frozenset[str]:
        """Return the aircraft that were identified at a tick with this position or a later one."""
        reached = {at: since.is_within(at) for at in set(self._identified_at.values())}
        return frozenset(icao24 for icao24, at in self._identified_at.items() if reached[at])


def _with_partitions(position: LogPosition, starts: Sequence[int]) -> LogPosition:
    """Return a position with the start offsets of further partitions."""
    return LogPosition(position.epoch, (*position.offsets, *starts))


def _untimely(update: Update, last_contact: int, latest: float) -> Untimely | None:
    if last_contact > latest:
        return "future"
    poll_time = update.poll_time
    if poll_time is not None and last_contact > poll_time + AFTER_ANSWER_SECONDS:
        return "after_answer"
    return None
