"""One scene for each set of areas that viewers with an open stream are restricted to."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import msgspec

from processor.bounding_box import BoundingBox
from processor.stream.catch_up import CatchUp
from processor.stream.live_state import LiveState
from processor.stream.restricted_state import RestrictedState
from processor.stream.tick import KEPT_BYTES

Areas: TypeAlias = tuple[BoundingBox, ...]


class _Watched(msgspec.Struct):
    subscribers: int = 0
    turn_number: int = 0
    scene: CatchUp | None = None


class RestrictedTicks:
    """Counts turns for each set of areas by itself: those in which something changed inside it.

    So it does not show in a stream, however slowly it is read, how often aircraft outside were
    received. There are as many scenes as sets of areas among the open streams.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._watched: dict[Areas, _Watched] = {}
        self._tracker: LiveState | None = None

    def __len__(self) -> int:
        return len(self._watched)

    def enter(self, areas: Sequence[BoundingBox]) -> None:
        """Count a viewer that is restricted to areas; without any, nothing is counted."""
        if areas:
            self._watched.setdefault(tuple(areas), _Watched()).subscribers += 1

    def leave(self, areas: Sequence[BoundingBox]) -> None:
        """Forget the scene with its last viewer."""
        if not areas:
            return
        watched = self._watched[tuple(areas)]
        watched.subscribers -= 1
        if not watched.subscribers:
            del self._watched[tuple(areas)]

    def open(self, tracker: LiveState) -> None:
        """Show another tracker, which has turned; viewers of the former one are behind now."""
        self._tracker = tracker
        for watched in self._watched.values():
            watched.turn_number += 2
            watched.scene = None

    def suspend(self) -> None:
        """Let go of the tracker until `open`."""
        self._tracker = None
        for watched in self._watched.values():
            watched.scene = None

    def turn(self, *, is_beat: bool) -> None:
        """Move on by what the tracker's newest turn has changed."""
        for watched in self._watched.values():
            scene = watched.scene
            if scene is not None and scene.turn(is_beat=is_beat, is_delta_watched=False):
                watched.turn_number = scene.current.number

    def of(self, areas: Sequence[BoundingBox]) -> CatchUp | None:
        """Return the scene that the viewers with these areas see; None before `open`."""
        watched = self._watched[tuple(areas)]
        if watched.scene is None and self._tracker is not None:
            tracker = RestrictedState(self._tracker, areas)
            watched.scene = CatchUp(tracker, watched.turn_number, self._clock, self._kept_bytes)
        return watched.scene

    def _kept_bytes(self) -> int:
        """Divide one budget among all scenes, for there may be as many as keys."""
        return KEPT_BYTES // max(1, len(self._watched))
