"""Sends each tick of the live fleet to all subscribers; a slow one gets a catch-up instead."""

import asyncio
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

from processor.access.slots import Client, OverloadedError
from processor.live.client_pacing import ClientPacing
from processor.live.connection_limits import ConnectionLimits, OpenStreams, StreamClient
from processor.live.first_frame import FirstFrame
from processor.live.fleet import Fleet
from processor.live.lifetime import Lifetime
from processor.live.metrics import LiveMetrics
from processor.live.restricted_ticks import RestrictedTicks
from processor.live.subscriber import CloseReason, Subscriber, wake_in_groups
from processor.live.tick import Tick
from processor.live.tick_step import TickStep, next_step
from processor.stream import events
from processor.stream.aircraft import Aircraft
from processor.stream.encoder import Encoder, Frame
from processor.stream.events import Event
from processor.stream.log_position import EventId, parse_event_id
from processor.stream.output_format import DELTA_FORMAT
from processor.stream.query import StreamQuery
from processor.stream.replay_request import ReplayRequest
from processor.stream.slices import run_at_once, run_in_slices

MAX_REACH_SECONDS = 5.0
"""How long a subscriber may wait whose event id comes from an instance that has read further."""

CLOSE_EVENT_SECONDS = 1.0
"""How long a client may take to receive the last event at shutdown."""

STOPPING = CloseReason("stopping", "the server is shutting down")


class Broadcaster:
    """Keeps no queue for a subscriber, only the number of the last tick that it was sent.

    A subscriber that was sent the tick before gets the same bytes as all with its query. One that
    was not is slow, and gets what changed since its event id, each aircraft once: at most as much
    as a snapshot. A client that returns with a Last-Event-ID is treated in the same way.
    """

    def __init__(
        self,
        *,
        metrics: LiveMetrics,
        limits: ConnectionLimits,
        lifetime: Lifetime,
        clock: Callable[[], float] = time.time,
        expiry_clock: Callable[[], float] | None = None,
        first_frame: FirstFrame | None = None,
    ) -> None:
        """Start without a fleet and without subscribers.

        Args:
            metrics: Metrics of the live state.
            limits: How many streams may be open.
            lifetime: How they end.
            clock: Unix time in seconds, as the state vectors have it.
            expiry_clock: Unix time in seconds, as tokens have it; None for the same clock.
            first_frame: Traces ticks; None if none are traced.
        """
        self._metrics = metrics
        self._lifetime = lifetime
        self._clock = clock
        self._expiry_clock = clock if expiry_clock is None else expiry_clock
        self._open_streams = OpenStreams(limits, metrics)
        self.pacing = ClientPacing()
        self._subscribers: set[Subscriber] = set()
        self._fleet: Fleet
        self._tick: Tick | None = None
        self._tick_number = 0
        self._restricted = RestrictedTicks(clock)
        self._is_closing = False
        self._first_frame = first_frame or FirstFrame()
        self._tick_listeners: set[Callable[[], None]] = set()

    @property
    def current_tick(self) -> Tick | None:
        """The newest tick, None until the log has been read to its end."""
        return self._tick

    def current_tick_of(self, query: StreamQuery) -> Tick | None:
        """Return the newest tick for the subscribers with a query; None as above.

        If the query has areas, one of them must have an open stream.
        """
        if self._tick is None or not query.filter.areas:
            return self._tick
        return self._restricted.current_tick(query.filter.areas)

    @property
    def aircraft(self) -> Sequence[Aircraft]:
        """Every aircraft of the live fleet at the newest tick, by icao24."""
        return self._fleet.aircraft

    @property
    def is_open(self) -> bool:
        """Whether the log has been read to its end and streams are served."""
        return self._tick is not None and not self._is_closing

    def begin(self, fleet: Fleet) -> None:
        """Replace the fleet by one that is filled from a log; streams wait until `open`."""
        self._fleet = fleet
        self.suspend()

    def suspend(self) -> None:
        """Publish nothing until `open`, since what is known ages and nothing new arrives."""
        if not self._is_closing:
            self._tick = None
            self._restricted.suspend()
            self._metrics.clear()

    def open(self) -> None:
        """Serve streams, because the log has been read to its end."""
        # Skip a tick, so that every existing subscriber takes the catch-up path.
        self._tick_number += 2
        self._tick = Tick.first(self._fleet, self._tick_number, self._clock)
        self._restricted.open(self._fleet)
        self._wake_all()

    def tick(self, *, is_heartbeat: bool = False) -> None:
        """Publish what changed since the last tick, with a heartbeat if one is due."""
        if self._tick is None:
            return
        step = next_step(self._tick, self._fleet, self._subscribers, is_heartbeat=is_heartbeat)
        run_at_once(step.compute())
        if self._show(step, is_heartbeat=is_heartbeat):
            self._wake_all()

    async def publish(self, *, is_heartbeat: bool = False) -> None:
        """Do the same while other tasks run; until the tick is shown, the one before answers."""
        if self._tick is None:
            return
        step = next_step(self._tick, self._fleet, self._subscribers, is_heartbeat=is_heartbeat)
        with self.pacing.held():
            await run_in_slices(step.compute())
            if not step.can_show(self._tick) or not self._show(step, is_heartbeat=is_heartbeat):
                return
            self._first_frame.show(self._tick_number)
            # Release all that was encoded for the tick before, and later its aircraft.
            n_changed, release = step.n_changed, step.release()
            next(release, None)
            await wake_in_groups(list(self._subscribers), n_changed)
        await run_in_slices(release)

    def _show(self, step: TickStep, *, is_heartbeat: bool) -> bool:
        """Make a step the current tick, and return whether there is something to send."""
        tick = step.show(is_delta_used=self._open_streams.is_used(DELTA_FORMAT))
        if tick is not None:
            self._tick, self._tick_number = tick, tick.number
            self._restricted.advance(is_heartbeat=is_heartbeat)
            self._metrics.broadcast_delay.observe_delays(
                self._clock(), tick.changes.after_columns.floats("last_contact")
            )
            for listener in self._tick_listeners:
                listener()
        self._metrics.aircraft.set(len(self._fleet))
        return tick is not None

    def close(self) -> None:
        """End all streams, spread over the drain time."""
        self._is_closing = True
        self._wake_all()

    async def wait_until_empty(self, *, hurry: asyncio.Event) -> None:
        """Wait until all streams have ended, the drain time has passed, or an event is set."""
        give_up_at = time.monotonic() + self._lifetime.drain_seconds + CLOSE_EVENT_SECONDS
        while self._subscribers and not hurry.is_set() and time.monotonic() < give_up_at:  # noqa: ASYNC110 - once, at shutdown
            await asyncio.sleep(0.05)

    async def snapshot(self, query: StreamQuery, client: Client) -> bytes | None:
        """Return the data of a snapshot, or None until the log has been read to its end.

        Args:
            query: What the client asked for.
            client: The client, whose requests wait for each other.
        """
        async with self.pacing.paced(client):
            tick = self._tick
            return None if tick is None else await tick.snapshot_json(query)

    def select(self, query: StreamQuery) -> Sequence[Aircraft] | None:
        """Return the aircraft of a query, or None until the log has been read to its end."""
        return self._tick.select(query) if self._tick is not None else None

    @contextmanager
    def tick_listener(self, listener: Callable[[], None]) -> Iterator[None]:
        """Call a function at each tick within the block, before subscribers are woken."""
        self._tick_listeners.add(listener)
        try:
            yield
        finally:
            self._tick_listeners.discard(listener)

    def _wake_all(self) -> None:
        for subscriber in self._subscribers:
            subscriber.wake()

    @contextmanager
    def subscription(self, client: StreamClient, query: StreamQuery) -> Iterator[Subscriber]:
        """Count a client as a subscriber within the block.

        Raises:
            OverloadedError: A connection limit is reached.
        """
        self._open_streams.add(client, query.output_format)
        subscriber = Subscriber(query, client)
        timer = subscriber.end_after(*self._lifetime.end_of(client, self._expiry_clock()))
        self._restricted.add_subscriber(query.filter.areas)
        self._subscribers.add(subscriber)
        try:
            yield subscriber
        finally:
            timer.cancel()
            self._subscribers.discard(subscriber)
            self._restricted.remove_subscriber(query.filter.areas)
            self._open_streams.remove(client, subscriber.query.output_format)

    def change_query(
        self,
        subscriber: Subscriber,
        query: StreamQuery,
        replay_request: ReplayRequest | None = None,
    ) -> None:
        """Give a subscriber another query, after which it is sent a snapshot.

        Args:
            subscriber: A subscriber within its `subscription`.
            query: Its new query.
            replay_request: The part of the past that it is to receive; None for the live stream.

        Raises:
            OverloadedError: Too many selections of fields are in use; nothing is changed.
        """
        before = subscriber.query.output_format
        self._open_streams.change(subscriber.client, before, query.output_format)
        subscriber.query, subscriber.replay_request = query, replay_request
        subscriber.wake()

    def overloaded_event(self, error: OverloadedError) -> Event:
        """Count a client that is refused, and return the event for it."""
        self._metrics.closed.labels("overloaded").inc()
        self._metrics.count_refusal(error.bound)
        return events.close_event("overloaded", str(error), self.retry_ms())

    def retry_ms(self) -> int:
        """Return a random time after which a client may reconnect (milliseconds)."""
        return self._lifetime.random_retry_ms()

    async def stream(
        self, subscriber: Subscriber, encoder: Encoder[Frame], last_event_id: str
    ) -> AsyncIterator[Frame]:
        """Yield all frames of a live stream, from the first to the close event.

        Args:
            subscriber: A subscriber within its `subscription`.
            encoder: How its events are written.
            last_event_id: The event id that the client holds; empty if none.
        """
        async for frame in self.live_frames(subscriber, encoder, last_event_id):
            yield frame
            del frame
        async for frame in self.close_frames(subscriber, encoder):
            yield frame

    async def close_frames(
        self, subscriber: Subscriber, encoder: Encoder[Frame]
    ) -> AsyncIterator[Frame]:
        """Yield the `bye` event, if the server ends the stream."""
        reason = self.close_reason_of(subscriber)
        if reason is not None:
            self._metrics.closed.labels(reason.name).inc()
            # So that the clients do not all reconnect at the same moment.
            drain = self._lifetime.drain_seconds if self._is_closing else 0
            await asyncio.sleep(random.uniform(0, drain))  # noqa: S311 - a spread
            for frame in encoder.encode([events.close_event("bye", reason.text, self.retry_ms())]):
                yield frame

    def close_reason_of(self, subscriber: Subscriber) -> CloseReason | None:
        """Return why a stream is to end, None if it goes on."""
        return STOPPING if self._is_closing else subscriber.close_reason

    async def live_frames(
        self,
        subscriber: Subscriber,
        encoder: Encoder[Frame],
        last_event_id: str,
        tick_number: int | None = None,
    ) -> AsyncIterator[Frame]:
        """Yield live frames until the stream is to end or the subscriber asks for a replay.

        No tick is held while frames are sent: a stalled subscriber would keep all its frames.

        Args:
            subscriber: A subscriber within its `subscription`.
            encoder: How its events are written.
            last_event_id: The event id that the client holds; empty if none.
            tick_number: The tick that belongs to the event id, if this instance sent it just now.
        """
        event_id = parse_event_id(last_event_id)
        if event_id is not None and tick_number is None:
            await self._wait_until_reached(subscriber, event_id)
        query = subscriber.query
        while (tick := await self._next_tick(subscriber, query, tick_number)) is not None:
            if subscriber.query is query and tick_number is not None:
                frames = self._next_frames(tick, tick_number, event_id, query, encoder)
            else:
                is_return = subscriber.query is query and last_event_id != ""
                del tick
                async with self._paced(subscriber, is_shared=not is_return):
                    # In the meantime there may be another tick, or the stream is to end.
                    tick = self.current_tick_of(subscriber.query)
                    if tick is None or self._is_over(subscriber):
                        continue
                    if is_return and subscriber.query is query:
                        frames = self._resume(tick, event_id, query, encoder)
                    else:
                        frames = tick.snapshot_frames(subscriber.query, encoder)
            query, tick_number = subscriber.query, tick.number
            event_id = tick.event_id(query)
            del tick
            # The frames are released one by one: a subscriber that waits for the next tick, and
            # the traceback of a stream that was cut off, would keep a whole snapshot each.
            left, frames = deque(frames), ()
            while left:
                yield left.popleft()
                if self._first_frame.is_awaited:
                    self._first_frame.send(tick_number)

    def _next_frames(
        self,
        tick: Tick,
        tick_number: int,
        event_id: EventId | None,
        query: StreamQuery,
        encoder: Encoder[Frame],
    ) -> tuple[Frame, ...]:
        """Return the frames of a tick for a subscriber that was sent an earlier one."""
        if tick.number == tick_number + 1:
            return tick.frames(query, encoder)
        self._metrics.conflated.inc()
        frames, _ = tick.catch_up(event_id, query, encoder)
        return frames

    def _resume(
        self, tick: Tick, event_id: EventId | None, query: StreamQuery, encoder: Encoder[Frame]
    ) -> tuple[Frame, ...]:
        """Return the first frames for a client that came with an event id."""
        frames, is_certain = tick.catch_up(event_id, query, encoder)
        self._metrics.resumed.labels("recovered" if is_certain else "reset").inc()
        return frames

    async def _next_tick(
        self, subscriber: Subscriber, query: StreamQuery, tick_number: int | None
    ) -> Tick | None:
        """Wait for a tick that a subscriber was not sent; None if it is to be sent no more.

        Args:
            subscriber: The subscriber.
            query: The query that its last frames answered.
            tick_number: The last tick that it was sent, None if none.
        """
        while not self._is_over(subscriber):
            tick = self.current_tick_of(subscriber.query)
            is_changed = subscriber.query is not query
            if tick is not None and (is_changed or tick.number != tick_number):
                return tick
            del tick
            await subscriber.wait()
        return None

    def _is_over(self, subscriber: Subscriber) -> bool:
        """Whether a subscriber is to be sent no more live frames."""
        return self.close_reason_of(subscriber) is not None or subscriber.replay_request is not None

    @asynccontextmanager
    async def _paced(self, subscriber: Subscriber, *, is_shared: bool) -> AsyncIterator[None]:
        """Pace the streams of one client, unless their first frames are shared by all clients."""
        if is_shared and subscriber.query.is_standard:
            yield
            return
        async with self.pacing.paced(subscriber.client):
            yield

    async def _wait_until_reached(self, subscriber: Subscriber, event_id: EventId) -> None:
        """Wait until the log is read up to an event id of another instance, but not for long."""
        tick = await self._next_tick(subscriber, subscriber.query, None)
        give_up_at = time.monotonic() + MAX_REACH_SECONDS
        while tick is not None and tick.is_behind(event_id, subscriber.query):
            del tick
            if time.monotonic() > give_up_at or self.close_reason_of(subscriber) is not None:
                return
            await asyncio.sleep(0.05)
            tick = self.current_tick_of(subscriber.query)
