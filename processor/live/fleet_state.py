"""The aircraft of a fleet at one tick in sorted columns, and the step to those of the next tick."""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from processor.stream.aircraft import Aircraft
from processor.stream.changes import Changes
from processor.stream.columns import Columns, Indices, Mask
from processor.stream.slices import Slices

_Keys = NDArray[np.int64]


class FleetState(msgspec.Struct, frozen=True):
    """The aircraft of a fleet at one tick. It does not change.

    Attributes:
        by_icao24: Every aircraft, in the order in which they were first received.
        keys: Their addresses as numbers, ascending: the order of six hexadecimal digits.
        columns: The aircraft in the same order.
    """

    by_icao24: Mapping[str, Aircraft]
    keys: _Keys
    columns: Columns


class StateStep(msgspec.Struct, frozen=True):
    """The step from the state of one tick to that of the next.

    Attributes:
        state: The state after the step.
        changes: What changed.
        expired: The addresses of all aircraft that expired, also of those that no tick showed.
    """

    state: FleetState
    changes: Changes
    expired: Sequence[str]


def empty_state() -> FleetState:
    """Return the state of a fleet without aircraft."""
    return FleetState({}, np.empty(0, np.int64), Columns([]))


def next_state(
    before: FleetState,
    incoming: Mapping[str, Aircraft],
    silent_since: float,
    *,
    has_identities: bool = False,
) -> Slices[StateStep]:
    """Return what follows from newer state vectors, from identities and from the time.

    The columns of `before` are merged with those of the incoming aircraft, so the time is
    proportional to the number of aircraft.

    Args:
        before: The state at the tick before.
        incoming: The aircraft with newer state vectors than in `before`, or with an identity.
        silent_since: An aircraft whose last contact is at this time or earlier expires
            (Unix seconds).
        has_identities: Whether some of `incoming` may have changed in their identity alone.
    """
    keys, received = yield from _sorted(incoming)
    places = before.keys.searchsorted(keys)
    is_known = np.zeros(len(keys), np.bool_)
    is_inside = places < len(before.keys)
    is_known[is_inside] = before.keys[places[is_inside]] == keys[is_inside]
    yield
    is_fresh = received.floats("last_contact") > silent_since
    is_staying = before.columns.floats("last_contact") > silent_since
    is_staying[places[is_known]] = False
    is_removed = before.columns.floats("last_contact") <= silent_since
    is_removed[places[is_known]] = ~is_fresh[is_known]
    yield
    after = received.take(np.flatnonzero(is_fresh))
    changes = Changes(
        after_columns=after,
        before_columns=before.columns.take(places[is_known & is_fresh]),
        removed_columns=before.columns.take(_as_received(before, np.flatnonzero(is_removed))),
    )
    if has_identities:
        yield
        changes = _without_identities(changes)
    yield
    never_shown = received.at(np.flatnonzero(~is_known & ~is_fresh))
    expired = [one.icao24 for one in (*changes.removed, *never_shown)]
    by_icao24 = {**before.by_icao24, **incoming}
    for icao24 in expired:
        del by_icao24[icao24]
    yield
    state = yield from _merged(before, is_staying, keys[is_fresh], after, by_icao24)
    return StateStep(state, changes, expired)


def _without_identities(changes: Changes) -> Changes:
    """Return changes that keep apart the aircraft which changed in their identity alone."""
    states = {one.icao24: one.state_vector for one in changes.before}
    is_same = [states.get(one.icao24) is one.state_vector for one in changes.after]
    if not any(is_same):
        return changes
    names = {one.icao24 for one, same in zip(changes.after, is_same, strict=True) if same}
    stayed = np.array([one.icao24 not in names for one in changes.before], np.bool_)
    return Changes(
        after_columns=changes.after_columns.take(np.flatnonzero(~np.array(is_same, np.bool_))),
        before_columns=changes.before_columns.take(np.flatnonzero(stayed)),
        removed_columns=changes.removed_columns,
        identified=changes,
    )


def _as_received(state: FleetState, indices: Indices) -> Indices:
    """Return the indices of aircraft in the order in which these were first received."""
    aircraft = state.columns.aircraft
    found = {aircraft[index].icao24: index for index in indices.tolist()}
    if not found:
        return indices
    return np.array([found[name] for name in state.by_icao24 if name in found], np.intp)


def _sorted(incoming: Mapping[str, Aircraft]) -> Slices[tuple[_Keys, Columns]]:
    """Return the addresses as ascending numbers, and the aircraft in the same order."""
    keys = np.array([int(icao24, 16) for icao24 in incoming], np.int64)
    yield
    order = np.argsort(keys)
    return keys[order], Columns(list(incoming.values())).take(order)


def _merged(
    before: FleetState,
    is_staying: Mask,
    keys: _Keys,
    after: Columns,
    by_icao24: Mapping[str, Aircraft],
) -> Slices[FleetState]:
    """Return the aircraft that stay as they were with those that changed, in order."""
    both = np.concatenate([before.keys[is_staying], keys])
    # Both parts are sorted, which this kind of sorting makes use of.
    order = np.argsort(both, kind="stable")
    staying = before.columns.take(np.flatnonzero(is_staying))
    yield
    columns = yield from Columns.merged([staying, after], order)
    return FleetState(by_icao24, both[order], columns)
