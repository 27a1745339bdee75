"""BROADCAST: each turn of the picture to all viewers; who falls behind gets what is newest."""

import asyncio
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import msgspec

from processor.access.slots import Client, OverloadedError
from processor.live.connection_limits import ConnectionLimits, Limits, StreamClient
from processor.live.metrics import LiveMetrics
from processor.live.restricted_ticks import RestrictedTicks
from processor.live.subscriber import CloseReason, Subscriber
from processor.stream import events
from processor.stream.aircraft import Aircraft
from processor.stream.catch_up import CatchUp
from processor.stream.client_pacing import ClientPacing
from processor.stream.encoder import Encoder, Frame
from processor.stream.events import Event
from processor.stream.live_state import LiveState
from processor.stream.log_position import EventId, parse_event_id
from processor.stream.output_format import DELTA
from processor.stream.query import StreamQuery

REACH_SECONDS = 5.0
"""How long a viewer may wait that comes from an instance which has read further than this one."""

FAREWELL_SECONDS = 1.0
"""How long a viewer may take for its last event."""

STOPPING = CloseReason("stopping", "the server is shutting down")
EXPIRED = CloseReason("expired", "the key or token has expired")
OLD = CloseReason("age", "streams end after a while; go on from the last id")


class Lifetime(msgspec.Struct, frozen=True):
    """How streams end.

    Attributes:
        retry_ms: When to come back; each is told between one and two times this.
        max_age_seconds: A stream ends at 80 to 100 % of this.
        drain_seconds: Over which viewers are sent away at shutdown.
    """

    retry_ms: int
    max_age_seconds: float
    drain_seconds: float


class Broadcaster:
    """Keeps no queue for anybody: a viewer is the last turn that it has taken.

    Who has taken the turn before gets the bytes that all of its view get. Who has not is behind,
    and gets what changed since its position, every aircraft once, so the most that it can ever be
    owed is the fleet. A viewer that returns with a Last-Event-ID is nothing but one that is behind.
    """

    def __init__(
        self,
        *,
        metrics: LiveMetrics,
        limits: Limits,
        lifetime: Lifetime,
        clock: Callable[[], float] = time.time,
        expiry_clock: Callable[[], float] | None = None,
    ) -> None:
        """Make one without viewers.

        Args:
            metrics: What operators watch.
            limits: How many viewers there may be.
            lifetime: How their streams end.
            clock: Unix time in seconds, as the state vectors have it.
            expiry_clock: The same as tokens have it; by default the former.
        """
        self._metrics = metrics
        self._lifetime = lifetime
        self._clock = clock
        self._expiry_clock = clock if expiry_clock is None else expiry_clock
        self._audience = ConnectionLimits(limits, metrics)
        self.pacing = ClientPacing()
        self._subscribers: set[Subscriber] = set()
        self._tracker: LiveState
        self._scene: CatchUp | None = None
        self._restricted = RestrictedTicks(clock)
        self._turns = 0
        self._is_closing = False
        self._listeners: set[Callable[[], None]] = set()

    @property
    def scene(self) -> CatchUp | None:
        """The picture at its newest turn, None until it is whole."""
        return self._scene

    def scene_of(self, view: StreamQuery) -> CatchUp | None:
        """Return the picture as the viewers of a view see it, who have entered; None as above."""
        if self._scene is None or not view.filter.areas:
            return self._scene
        return self._restricted.of(view.filter.areas)

    @property
    def fleet(self) -> Sequence[Aircraft]:
        """Every aircraft of the picture at its newest turn, by icao24."""
        return self._tracker.fleet

    @property
    def is_open(self) -> bool:
        """Whether the picture is whole and viewers are served."""
        return self._scene is not None and not self._is_closing

    def begin(self, tracker: LiveState) -> None:
        """Take another tracker, of a log that is read anew; viewers wait until `open`."""
        self._tracker = tracker
        self.suspend()

    def suspend(self) -> None:
        """Show nothing until `open`: what is known ages, and nothing new comes."""
        if not self._is_closing:
            self._scene = None
            self._restricted.suspend()
            self._metrics.forget()

    def open(self) -> None:
        """Serve: the tracker has read the log to its end."""
        # As if two turns had passed, so that who was here before finds itself behind.
        self._turns += 2
        self._scene = CatchUp(self._tracker, self._turns, self._clock)
        self._restricted.open(self._tracker)
        self._wake_all()

    def tick(self, *, is_beat: bool = False) -> None:
        """Tell all viewers what changed since the last tick, and, at times, that we are alive."""
        if self._scene is None:
            return
        is_delta_watched = self._audience.uses(DELTA)
        if self._scene.turn(is_beat=is_beat, is_delta_watched=is_delta_watched):
            self._turns = self._scene.current.number
            self._restricted.turn(is_beat=is_beat)
            for receive in self._listeners:
                receive()
            self._wake_all()
        self._metrics.aircraft.set(len(self._scene))

    def close(self) -> None:
        """Send everybody away, spread over the drain time."""
        self._is_closing = True
        self._wake_all()

    async def wait_empty(self, *, hurry: asyncio.Event) -> None:
        """Wait until everybody has gone, the drain time at the most, or until told to hurry."""
        give_up_at = time.monotonic() + self._lifetime.drain_seconds + FAREWELL_SECONDS
        while self._subscribers and not hurry.is_set() and time.monotonic() < give_up_at:  # noqa: ASYNC110 - once in a life
            await asyncio.sleep(0.05)

    async def snapshot(self, view: StreamQuery, client: Client) -> bytes | None:
        """Return a view as JSON, or None until the picture is whole.

        Args:
            view: What a client asks for once.
            client: Which one; its requests wait for each other.
        """
        async with self.pacing.paced(client):
            scene = self._scene
            return None if scene is None else await scene.write_snapshot(view)

    def select(self, view: StreamQuery) -> Sequence[Aircraft] | None:
        """Return who is in a view, or None until the picture is whole."""
        return self._scene.select(view) if self._scene is not None else None

    @contextmanager
    def observed_by(self, receive: Callable[[], None]) -> Iterator[None]:
        """Call a function at each turn, for a viewer that may be late but must miss none."""
        self._listeners.add(receive)
        try:
            yield
        finally:
            self._listeners.discard(receive)

    def _wake_all(self) -> None:
        for subscriber in self._subscribers:
            subscriber.wake()

    @contextmanager
    def entered(self, client: StreamClient, view: StreamQuery) -> Iterator[Subscriber]:
        """Let a viewer in, and out again.

        Raises:
            OverloadedError: There are too many.
        """
        self._audience.enter(client, view.shape)
        subscriber = Subscriber(view, client)
        timer = subscriber.end_after(*self._lifetime_of(client))
        self._restricted.enter(view.filter.areas)
        self._subscribers.add(subscriber)
        try:
            yield subscriber
        finally:
            timer.cancel()
            self._subscribers.discard(subscriber)
            self._restricted.leave(view.filter.areas)
            self._audience.leave(client, subscriber.view.shape)

    def _lifetime_of(self, client: StreamClient) -> tuple[float, CloseReason]:
        """Return how long a stream may last, and how it ends then."""
        share = random.uniform(0.8, 1)  # noqa: S311 - a spread
        age = self._lifetime.max_age_seconds * share
        if client.expires_at is not None and client.expires_at - self._expiry_clock() < age:
            return client.expires_at - self._expiry_clock(), EXPIRED
        return age, OLD

    def subscribe(
        self, subscriber: Subscriber, view: StreamQuery, past: object | None = None
    ) -> None:
        """Let a viewer look at something else; it gets a snapshot of that.

        Args:
            subscriber: One that has entered.
            view: What it is to look at,
            past: and when, if not now.

        Raises:
            OverloadedError: Too many selections of fields are in use; nothing is changed.
        """
        self._audience.exchange(subscriber.client, subscriber.view.shape, view.shape)
        subscriber.view, subscriber.past = view, past
        subscriber.wake()

    def overloaded(self, error: OverloadedError) -> Event:
        """Return what is told to one viewer too many."""
        self._metrics.closed.labels("overloaded").inc()
        return events.close_event("overloaded", str(error), self.retry_ms())

    def retry_ms(self) -> int:
        """Return a time that differs from viewer to viewer."""
        return int(self._lifetime.retry_ms * random.uniform(1, 2))  # noqa: S311 - a spread

    async def stream(
        self, subscriber: Subscriber, wire: Encoder[Frame], last_event_id: str
    ) -> AsyncIterator[Frame]:
        """Yield what is to be sent to a viewer until its stream is to end.

        Args:
            subscriber: One that has entered.
            wire: How it is written.
            last_event_id: What the viewer says it has seen last; empty if nothing.
        """
        async for frame in self.follow(subscriber, wire, last_event_id):
            yield frame
            del frame
        async for frame in self.close_event(subscriber, wire):
            yield frame

    async def close_event(
        self, subscriber: Subscriber, wire: Encoder[Frame]
    ) -> AsyncIterator[Frame]:
        """Yield what is said to a viewer whose stream ends."""
        ending = self.ending(subscriber)
        if ending is not None:
            self._metrics.closed.labels(ending.name).inc()
            # So that they do not all come back at the same moment.
            drain = self._lifetime.drain_seconds if self._is_closing else 0
            await asyncio.sleep(random.uniform(0, drain))  # noqa: S311 - a spread
            for frame in wire.pack([events.close_event("bye", ending.text, self.retry_ms())]):
                yield frame

    def ending(self, subscriber: Subscriber) -> CloseReason | None:
        """Return how a viewer's stream is to end, None if it is to go on."""
        return STOPPING if self._is_closing else subscriber.ending

    async def follow(
        self,
        subscriber: Subscriber,
        wire: Encoder[Frame],
        last_event_id: str,
        # A number, for a viewer that stalls would keep a turn and all that was written in it.
        sent: int | None = None,
    ) -> AsyncIterator[Frame]:
        """Yield the living picture until the stream is to end or the viewer looks at the past.

        Args:
            subscriber: One that has entered.
            wire: How it is written.
            last_event_id: What the viewer has seen last; empty if nothing.
            sent: The turn that it has taken, if it has come with that id just now.
        """
        seen = parse_event_id(last_event_id)
        if seen is not None and sent is None:
            await self._reach(subscriber, seen)
        view = subscriber.view
        while (scene := await self._news(subscriber, view, sent)) is not None:
            if subscriber.view is not view or sent is None:
                is_return = subscriber.view is view and last_event_id != ""
                async with self._paced(subscriber, is_shared=not is_return):
                    # In the meantime the picture may have moved on, or the stream be over.
                    if (latest := self.scene_of(subscriber.view)) is None or self._is_over(
                        subscriber
                    ):
                        continue
                    scene = latest
                    if is_return and subscriber.view is view:
                        frames = self._resume(scene, view, wire, seen)
                    else:
                        frames = scene.snapshot_pieces(subscriber.view, wire)
            elif scene.current.number == sent + 1:
                frames = scene.next_pieces(view, wire)
            else:
                self._metrics.conflated.inc()
                frames, _ = scene.pieces_since(seen, view, wire)
            view, sent = subscriber.view, scene.current.number
            seen = scene.seen_by(view)
            # What was sent is let go: who waits for the next tick, and the traceback of a stream
            # that was cut off, would keep a whole picture each.
            left, frames = deque(frames), ()
            while left:
                yield left.popleft()

    async def _news(
        self, subscriber: Subscriber, view: StreamQuery, sent: int | None
    ) -> CatchUp | None:
        """Wait for what the viewer has not been told; None if it is not to be told more."""
        while not self._is_over(subscriber):
            scene = self.scene_of(subscriber.view)
            if scene is not None and (scene.current.number != sent or subscriber.view is not view):
                return scene
            await subscriber.wait()
        return None

    def _is_over(self, subscriber: Subscriber) -> bool:
        """Whether a viewer is not to be told more of the living picture."""
        return self.ending(subscriber) is not None or subscriber.past is not None

    @asynccontextmanager
    async def _paced(self, subscriber: Subscriber, *, is_shared: bool) -> AsyncIterator[None]:
        """Let viewers of one client wait for each other, unless all who come get the same."""
        if is_shared and subscriber.view.is_standard:
            yield
            return
        async with self.pacing.paced(subscriber.client):
            yield

    async def _reach(self, subscriber: Subscriber, seen: EventId) -> None:
        """Wait until the picture is where the viewer was, if that is to be soon."""
        scene = await self._news(subscriber, subscriber.view, None)
        give_up_at = time.monotonic() + REACH_SECONDS
        while scene is not None and scene.is_behind(seen, subscriber.view):
            if time.monotonic() > give_up_at or self.ending(subscriber) is not None:
                return
            await asyncio.sleep(0.05)
            scene = self.scene_of(subscriber.view)

    def _resume(
        self, scene: CatchUp, view: StreamQuery, wire: Encoder[Frame], seen: EventId | None
    ) -> tuple[Frame, ...]:
        """Go on where the viewer left if nothing is missing, else begin with a snapshot."""
        frames, is_certain = scene.pieces_since(seen, view, wire)
        self._metrics.resumed.labels("recovered" if is_certain else "reset").inc()
        return frames
