"""Switch a subscriber from stored state vectors to the live stream, without gap or repetition."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import chain
from typing import Generic, NamedTuple

from processor.bounding_box import BoundingBox
from processor.history.errors import RetryLaterError
from processor.history.visibility import VisibilityFilter
from processor.live.broadcaster import Broadcaster
from processor.live.tick import Tick
from processor.replay.pacer import Pacer
from processor.replay.rows import MAX_TICK_SECONDS, ReplayRows, TickDivider
from processor.replay.state import ReplayState
from processor.stream.aircraft import Aircraft
from processor.stream.encoder import Frame
from processor.stream.log_position import LogPosition
from telemetry.state_vector import StateVector

STORED_TIME_WAIT_SECONDS = 5.0
"""How long one attempt waits for the archive to reach the live stream: less than the time between
two heartbeats."""

MAX_ARCHIVE_WAIT_SECONDS = 60.0
"""How long a subscriber waits for the archive in all. After that it gets a reset instead, because
what it missed cannot be determined."""

POLL_SECONDS = 0.25
"""Time between two looks at how far the archive has stored the log."""

UNKNOWN_ID = "unknown"
"""An event id that no stream can resume, so the live stream begins with a reset and a snapshot."""

MAX_MISSED_TICKS = 64
"""Live ticks that are kept for a subscriber while the archive has not stored them. There is at most
one a second, so these are a minute or more."""

MAX_TICKS_BEHIND = 8
"""Live ticks that a subscriber may lag once all stored rows were sent. A slower one gets only the
newest state of each aircraft."""


class _TickLostError(Exception):
    """A live tick was missed, so the subscriber needs a reset."""


class _MissedTick(NamedTuple):
    """What was new in a live tick, and the second after it (Unix)."""

    end: int
    state_vectors: list[StateVector]


class _MissedTicks:
    """Keeps what is new in each live tick while a subscriber still receives stored state vectors.

    Attributes:
        position: The log position of the live tick at which this began.
        merges_ticks: Whether a slow subscriber gets the newest state of each aircraft only.
    """

    def __init__(
        self, broadcaster: Broadcaster, clock: Callable[[], float], areas: Sequence[BoundingBox]
    ) -> None:
        if broadcaster.current_tick is None:
            raise _TickLostError
        self._broadcaster = broadcaster
        self._clock = clock
        self._number = broadcaster.current_tick.number
        self.position = broadcaster.current_tick.position
        self._newest = {one.icao24: one.state_vector.last_contact for one in broadcaster.aircraft}
        self._is_restricted = bool(areas)
        self._visibility = VisibilityFilter(areas)
        self._visibility.select([one.state_vector for one in broadcaster.aircraft])
        self._ticks: deque[_MissedTick] = deque()
        self._is_lost = False
        self.merges_ticks = False

    def on_tick(self) -> None:
        """Keep what is new in the current live tick."""
        live = self._broadcaster.current_tick
        if live is None or live.number != self._number + 1:
            self._is_lost = True
        if self._is_lost or len(self._ticks) >= MAX_MISSED_TICKS:
            self._is_lost = True
            self._ticks.clear()
            return
        self._number += 1
        news = [
            one.state_vector
            for one in self._broadcaster.aircraft
            if one.state_vector.last_contact > self._newest.get(one.icao24, 0)
        ]
        self._newest |= {state.icao24: state.last_contact for state in news}
        news = self._visibility.select(news)
        if self._is_restricted and not news:
            return  # what is received outside the areas must not count against the subscriber
        self._ticks.append(_MissedTick(int(self._clock()) + 1, news))
        if self.merges_ticks and len(self._ticks) > MAX_TICKS_BEHIND:
            self._merge()

    def has_reached(self, number: int) -> bool:
        """Whether every tick up to this one was received and taken."""
        return not self._is_lost and not self._ticks and number == self._number

    def take(self) -> _MissedTick | None:
        """Return the oldest tick that is kept; None if there is none.

        Raises:
            _TickLostError: A tick is missing.
        """
        if self._is_lost or self._broadcaster.current_tick is None:
            raise _TickLostError
        return self._ticks.popleft() if self._ticks else None

    def _merge(self) -> None:
        """Replace all ticks by one with the newest state vector of each aircraft."""
        newest = {state.icao24: state for tick in self._ticks for state in tick.state_vectors}
        self._ticks = deque([_MissedTick(self._ticks[-1].end, list(newest.values()))])


class Handover(Generic[Frame]):
    """Switches a subscriber that has received the history to the live stream.

    The log has an order, which stored rows have not. So from one live tick on, everything new is
    kept. Once the archive has stored the log up to that tick, one statement reads all rows that the
    subscriber has not received. Those are sent, then what was kept, unless it was among the rows.
    When the live stream has read everything that was stored, and holds nothing older than the
    subscriber does, the subscriber goes on with the live stream.

    Attributes:
        tick_number: The live tick that the subscriber has reached; None if the live stream is to
            begin with a reset.
        event_id: The event id of that tick.
    """

    def __init__(
        self,
        *,
        broadcaster: Broadcaster,
        rows: ReplayRows,
        state: ReplayState[Frame],
        pacer: Pacer[Frame],
        start: int,
        clock: Callable[[], float],
    ) -> None:
        """Prepare the switch.

        Args:
            broadcaster: The live stream.
            rows: The stored state vectors.
            state: The aircraft that the subscriber holds.
            pacer: Its heartbeats and its end.
            start: The second before which everything stored was sent (Unix).
            clock: Unix time in seconds.
        """
        self.tick_number: int | None = None
        self.event_id = ""
        self._broadcaster = broadcaster
        self._rows = rows
        self._state = state
        self._pacer = pacer
        self._start = start
        self._clock = clock
        self._stored: LogPosition
        self._give_up_at = time.monotonic() + MAX_ARCHIVE_WAIT_SECONDS

    async def frames(self) -> AsyncIterator[Frame]:
        """Yield all frames up to the live tick at which the subscriber goes on."""
        try:
            async for frame in self._wait_for_live_state():
                yield frame
            areas = self._state.query.filter.areas
            missed_ticks = _MissedTicks(self._broadcaster, self._clock, areas)
            with self._broadcaster.tick_listener(missed_ticks.on_tick):
                async for frame in self._send_stored(missed_ticks.position):
                    yield frame
                async for frame in self._send_missed_ticks(missed_ticks):
                    yield frame
        except _TickLostError:
            self.tick_number, self.event_id = None, UNKNOWN_ID

    async def _wait_for_live_state(self) -> AsyncIterator[Frame]:
        while self._broadcaster.current_tick is None and not self._pacer.is_cancelled:
            for frame in self._pacer.heartbeat_if_due(self._state):
                yield frame
            await self._pacer.wait(POLL_SECONDS)

    async def _send_stored(self, log: LogPosition) -> AsyncIterator[Frame]:
        """Send all rows that were not sent, once the log has been stored up to a position."""
        has_all = False
        while not has_all and not self._pacer.is_cancelled:
            found = await self._read_unsent(log)
            if found is None:
                await asyncio.sleep(POLL_SECONDS)
            else:
                has_all = not found
                async for frame in self._send_rows(found):
                    yield frame
            for frame in self._pacer.heartbeat_if_due(self._state):
                yield frame

    async def _read_unsent(self, log: LogPosition) -> list[StateVector] | None:
        """Return a page of rows that were not sent; None while the archive is not there yet."""
        try:
            answer = await self._rows.unsent(log, self._start, self._state.newest_sent)
        except RetryLaterError:
            answer = None
        if answer is None:
            if time.monotonic() > self._give_up_at:
                raise _TickLostError
            return None
        found, self._stored = answer
        return found

    async def _send_rows(self, found: list[StateVector]) -> AsyncIterator[Frame]:
        ticks = TickDivider(MAX_TICK_SECONDS)
        for tick in chain(ticks.add(self._state.visible(found)), ticks.end()):
            await asyncio.sleep(0)
            for frame in self._state.tick(tick.end, tick.state_vectors):
                yield frame

    async def _send_missed_ticks(self, missed_ticks: _MissedTicks) -> AsyncIterator[Frame]:
        """Send the live ticks that were kept, until the subscriber can switch."""
        while not self._pacer.is_cancelled:
            while (tick := missed_ticks.take()) is not None:
                for frame in self._state.tick(tick.end, self._state.visible(tick.state_vectors)):
                    yield frame
            missed_ticks.merges_ticks = True
            live = self._broadcaster.current_tick
            if live is not None and self._can_switch(live, missed_ticks):
                for frame in self._switch(live):
                    yield frame
                return
            for frame in self._pacer.heartbeat_if_due(self._state):
                yield frame
            await self._pacer.wait(POLL_SECONDS)

    def _can_switch(self, live: Tick, missed_ticks: _MissedTicks) -> bool:
        """Whether the live stream has read all that was stored, and nothing in it is older."""
        stored, position = self._stored, live.position
        if not missed_ticks.has_reached(live.number) or stored.epoch != position.epoch:
            return False
        fleet = self._live_fleet()
        return stored.is_within(position) and all(
            fleet.get(one.icao24, one).state_vector.last_contact >= one.state_vector.last_contact
            for one in self._state.fleet
        )

    def _live_fleet(self) -> dict[str, Aircraft]:
        return {one.icao24: one for one in self._broadcaster.aircraft}

    def _switch(self, live: Tick) -> list[Frame]:
        """Return the differences from the live state, and a heartbeat with its event id."""
        query, fleet = self._state.query, self._live_fleet()
        news = self._state.visible([one.state_vector for one in fleet.values()])
        frames = list(self._state.tick(int(self._clock()) + 1, news))
        removed = [one for one in self._state.fleet if one.icao24 not in fleet]
        visible = self._broadcaster.current_tick_of(query)
        visible = live if visible is None else visible
        self.tick_number, self.event_id = visible.number, str(visible.event_id(query))
        frames += self._state.removal(removed, self.event_id)
        return [*frames, *self._state.heartbeat_at(visible.n_aircraft, self.event_id)]


async def find_stored_time(
    broadcaster: Broadcaster,
    rows: ReplayRows,
    pacer: Pacer[Frame],
    clock: Callable[[], float],
) -> float | None:
    """Return a time up to which all published messages have been stored (Unix seconds).

    Returns:
        The time of the call; None if the archive does not reach the live stream soon enough.

    Raises:
        HistoryError: The history cannot be read.
    """
    give_up_at = time.monotonic() + STORED_TIME_WAIT_SECONDS
    log: LogPosition | None = None
    called_at = clock()
    while time.monotonic() < give_up_at and not pacer.is_cancelled:
        if log is None and broadcaster.current_tick is not None:
            log = broadcaster.current_tick.position
        stored = await rows.stored_position(log) if log is not None else None
        if log is not None and stored is not None and log.is_within(stored):
            return called_at
        await pacer.wait(POLL_SECONDS)
    return None
