"""Cross from the history into the living picture, with no gap and no repetition."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import chain
from typing import Generic, NamedTuple

from processor.bounding_box import BoundingBox
from processor.history.errors import UnavailableError
from processor.history.visible_flights import Restriction
from processor.live.broadcaster import Broadcaster
from processor.live.tick import Tick
from processor.replay.groups import MAX_SPAN_SECONDS, Grouping
from processor.replay.pacer import Pacer
from processor.replay.rows import ReplayRows
from processor.replay.state import ReplayState
from processor.stream.aircraft import Aircraft
from processor.stream.encoder import Frame
from processor.stream.log_position import LogPosition
from telemetry.state_vector import StateVector

CERTAINTY_SECONDS = 5.0
"""How long to wait, before heartbeats are due, for the archive to reach the living picture."""

REACH_SECONDS = 60.0
"""The same in all, before it is told that what comes in between is not known for certain."""

ASK_SECONDS = 0.25

LOST_ID = str(LogPosition("lost", (0,)))
"""Of no log: the living picture begins with a reset, and with all that is in it."""

MAX_TURNS = 64
"""Of the living picture that are kept while the archive has not reached it."""

SEVERAL_TURNS = 8
"""That a viewer may be behind, as they come once a second at the most, until it is too slow."""


class _LostThreadError(Exception):
    """Turns of the living picture have passed unheard."""


class _Turn(NamedTuple):
    """What was new in a turn of the living picture, and the second after it (Unix)."""

    until: int
    news: list[StateVector]


class _MissedTicks:
    """What is new in each turn of the living picture, from one on.

    Attributes:
        position: Where that one stands.
        conflates: Whether the viewer has had its time, so that it is too slow if it is behind.
    """

    def __init__(
        self, broadcaster: Broadcaster, clock: Callable[[], float], areas: Sequence[BoundingBox]
    ) -> None:
        if broadcaster.current_tick is None:
            raise _LostThreadError
        self._broadcaster = broadcaster
        self._clock = clock
        self._number = broadcaster.current_tick.number
        self.position = broadcaster.current_tick.position
        self._known = {one.icao24: one.state_vector.last_contact for one in broadcaster.aircraft}
        self._has_areas = bool(areas)
        self._restriction = Restriction(areas)
        self._restriction.admit([one.state_vector for one in broadcaster.aircraft])
        self._turns: deque[_Turn] = deque()
        self._is_lost = False
        self.conflates = False

    def receive(self) -> None:
        """Keep what is new in the turn that is now."""
        tick = self._broadcaster.current_tick
        if tick is None or tick.number != self._number + 1:
            self._is_lost = True
        if self._is_lost or len(self._turns) >= MAX_TURNS:
            self._is_lost = True
            self._turns.clear()
            return
        self._number += 1
        news = [
            one.state_vector
            for one in self._broadcaster.aircraft
            if one.state_vector.last_contact > self._known.get(one.icao24, 0)
        ]
        self._known |= {state.icao24: state.last_contact for state in news}
        news = self._restriction.admit(news)
        if self._has_areas and not news:
            return  # what is received outside must not count against a slow viewer
        self._turns.append(_Turn(int(self._clock()) + 1, news))
        if self.conflates and len(self._turns) > SEVERAL_TURNS:
            self._conflate()

    def is_at(self, number: int) -> bool:
        """Whether everything up to a turn was heard, and has been taken."""
        return not self._is_lost and not self._turns and number == self._number

    def take(self) -> _Turn | None:
        """Return what was new in the oldest turn that is kept, None if there is none.

        Raises:
            _LostThreadError: Something is missing.
        """
        if self._is_lost or self._broadcaster.current_tick is None:
            raise _LostThreadError
        return self._turns.popleft() if self._turns else None

    def _conflate(self) -> None:
        """Keep of several turns the newest of each aircraft, for a viewer that is too slow."""
        newest = {state.icao24: state for turn in self._turns for state in turn.news}
        self._turns = deque([_Turn(self._turns[-1].until, list(newest.values()))])


class Handover(Generic[Frame]):
    """Brings a viewer that has been told the history into the living picture.

    The log has an order that the history has not. From one turn of the living picture on, all
    that is new in it is kept. Once the archive has stored the log up to that turn, whatever of
    the history the viewer has not been told is read in one question, and told; then what was
    kept, but what the history had already. When the living picture has read what was stored, and
    nothing in it is older than what the viewer knows, the viewer changes over.

    Attributes:
        sent: The turn of the living picture that the viewer has come to; None if it is to begin
            with a reset.
        event_id: The position of that turn.
    """

    def __init__(
        self,
        *,
        broadcaster: Broadcaster,
        recording: ReplayRows,
        stage: ReplayState[Frame],
        pace: Pacer[Frame],
        since: int,
        clock: Callable[[], float],
    ) -> None:
        self.sent: int | None = None
        self.event_id = ""
        self._broadcaster = broadcaster
        self._recording = recording
        self._stage = stage
        self._pace = pace
        self._since = since
        self._clock = clock
        self._stored: LogPosition
        self._asks_until = time.monotonic() + REACH_SECONDS

    async def cross(self) -> AsyncIterator[Frame]:
        """Yield all that is told on the way; nothing certain can be told if it takes too long."""
        try:
            async for frame in self._wait_for_picture():
                yield frame
            areas = self._stage.view.filter.areas
            missed_ticks = _MissedTicks(self._broadcaster, self._clock, areas)
            with self._broadcaster.tick_listener(missed_ticks.receive):
                async for frame in self._tell_stored(missed_ticks.position):
                    yield frame
                async for frame in self._tell_overheard(missed_ticks):
                    yield frame
        except _LostThreadError:
            self.sent, self.event_id = None, LOST_ID

    async def _wait_for_picture(self) -> AsyncIterator[Frame]:
        while self._broadcaster.current_tick is None and not self._pace.is_left:
            for frame in self._pace.beat(self._stage):
                yield frame
            await self._pace.wait(ASK_SECONDS)

    async def _tell_stored(self, log: LogPosition) -> AsyncIterator[Frame]:
        """Tell what was stored and not told, as soon as the log is stored up to a position."""
        has_all = False
        while not has_all and not self._pace.is_left:
            found = await self._request(log)
            if found is None:
                await asyncio.sleep(ASK_SECONDS)
            else:
                has_all = not found
                async for frame in self._tell(found):
                    yield frame
            for frame in self._pace.beat(self._stage):
                yield frame

    async def _request(self, log: LogPosition) -> list[StateVector] | None:
        """Return some of what was stored and not told; None if it is too early for that."""
        try:
            answer = await self._recording.untold(log, self._since, self._stage.sent)
        except UnavailableError:
            answer = None
        if answer is None:
            if time.monotonic() > self._asks_until:
                raise _LostThreadError
            return None
        found, self._stored = answer
        return found

    async def _tell(self, found: list[StateVector]) -> AsyncIterator[Frame]:
        grouping = Grouping(MAX_SPAN_SECONDS)
        for group in chain(grouping.add(self._stage.admit(found)), grouping.end()):
            await asyncio.sleep(0)
            for frame in self._stage.take(group.until, group.state_vectors):
                yield frame

    async def _tell_overheard(self, missed_ticks: "_MissedTicks") -> AsyncIterator[Frame]:
        """Tell turn by turn what was overheard, until nothing is left but to change over."""
        while not self._pace.is_left:
            while (turn := missed_ticks.take()) is not None:
                for frame in self._stage.take(turn.until, self._stage.admit(turn.news)):
                    yield frame
            missed_ticks.conflates = True
            tick = self._broadcaster.current_tick
            if tick is not None and self._is_level(tick, missed_ticks):
                for frame in self._change_over(tick):
                    yield frame
                return
            for frame in self._pace.beat(self._stage):
                yield frame
            await self._pace.wait(ASK_SECONDS)

    def _is_level(self, tick: Tick, missed_ticks: "_MissedTicks") -> bool:
        """Whether the living picture has come to where the history was, and we to where it is."""
        position = tick.position
        if not missed_ticks.is_at(tick.number) or self._stored.epoch != position.epoch:
            return False
        living = self._living()
        return self._stored.is_within(position) and all(
            living.get(one.icao24, one).state_vector.last_contact >= one.state_vector.last_contact
            for one in self._stage.fleet
        )

    def _living(self) -> dict[str, Aircraft]:
        return {one.icao24: one for one in self._broadcaster.aircraft}

    def _change_over(self, tick: Tick) -> list[Frame]:
        """Tell what the two pictures differ in, and how the position is called from now on."""
        living = self._living()
        news = [one.state_vector for one in living.values()]
        frames = list(self._stage.take(int(self._clock()) + 1, self._stage.admit(news)))
        gone = [one for one in self._stage.fleet if one.icao24 not in living]
        own = self._broadcaster.current_tick_of(self._stage.view)
        own = tick if own is None else own
        self.sent, self.event_id = own.number, str(own.event_id(self._stage.view))
        frames += self._stage.drop(gone, self.event_id)
        return [*frames, *self._stage.beat_at(own.n_aircraft, self.event_id)]


async def find_certainty(
    broadcaster: Broadcaster,
    recording: ReplayRows,
    pace: Pacer[Frame],
    now: Callable[[], float],
) -> float | None:
    """Return a moment at which all was stored that had been published; None if it takes too long.

    Raises:
        HistoryError: The history cannot be read now.
    """
    give_up_at = time.monotonic() + CERTAINTY_SECONDS
    log: LogPosition | None = None
    moment = now()
    while time.monotonic() < give_up_at and not pace.is_left:
        if log is None and broadcaster.current_tick is not None:
            log = broadcaster.current_tick.position
        stored = await recording.stored(log) if log is not None else None
        if log is not None and stored is not None and log.is_within(stored):
            return moment
        await pace.wait(ASK_SECONDS)
    return None
