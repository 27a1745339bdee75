"""The format `delta`: decoders in Python and TypeScript that apply it hold the whole fleet."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flight_monitor_client.delta import DeltaDecoder
from processor.live.fleet import Fleet, Update
from processor.reference.identity import Identity
from processor.stream.aircraft import Aircraft
from processor.stream.delta import TEXTS, TICKS_KEPT, UNITS, DeltaState
from processor.stream.events import Event
from processor.stream.log_position import LogPosition, parse_event_id
from processor.stream.slices import run_at_once
from telemetry.state_vector import StateVector
from testkit.delta_node import NodeDecoder, Picture, Sent
from testkit.state_vectors import START, state_vector, state_vectors

Decode = Callable[[Sequence[Sent]], list[Picture]]

EXPIRY_SECONDS = 60


def in_python(sent: Sequence[Sent]) -> list[Picture]:
    """Return the aircraft that the Python decoder holds after each event."""
    decoder = DeltaDecoder()
    decoded: list[Picture] = []
    for name, data in sent:
        decoder.feed(name, data)
        decoded.append(list(decoder.aircraft()))
        assert len(decoder) == len(decoded[-1])
    return decoded


@pytest.fixture(scope="module", params=["python", "typescript"])
def decode(request: pytest.FixtureRequest) -> Iterator[Decode]:
    """Return the decoder of one language."""
    if request.param == "python":
        yield in_python
        return
    with NodeDecoder() as decoder:
        yield decoder


@dataclass
class _Subscriber:
    """The events that a subscriber was sent, and what it should hold after some of them."""

    sent: list[Sent] = field(default_factory=list)
    last_id: str = ""
    expected: list[tuple[int, list[Aircraft]]] = field(default_factory=list)

    def send(self, events: Sequence[Event]) -> None:
        for event in events:
            self.sent.append((event.name, json.loads(event.data)))
            self.last_id = event.id or self.last_id

    def expect(self, fleet: list[Aircraft]) -> None:
        """Note what the subscriber should hold after the events so far."""
        if self.sent:
            self.expected.append((len(self.sent) - 1, fleet))

    def check(self, decode: Decode) -> None:
        decoded = decode(self.sent)
        assert self.expected
        for index, fleet in self.expected:
            assert_same(decoded[index], fleet)


class _Server:
    """A fleet and its delta state, on a clock that the test sets."""

    def __init__(self) -> None:
        self.now = START
        nowhere = LogPosition("epoch", (0,))
        self._fleet = Fleet(
            start=nowhere,
            resumable_after=nowhere,
            expiry_seconds=EXPIRY_SECONDS,
            resume_window_seconds=1e9,
            clock=lambda: self.now,
        )
        self._offset = 0
        self.delta = DeltaState([], nowhere)

    @property
    def fleet(self) -> list[Aircraft]:
        return list(self._fleet.aircraft)

    def advance(
        self, received: Sequence[StateVector], seconds: int = 1, **identities: Identity
    ) -> list[Event]:
        self.now += seconds
        self._fleet.identify(identities)
        for state in received:
            self._fleet.apply([Update(0, self._offset, state)])
            self._offset += 1
        changes = self._fleet.advance().seen_by(with_identity=True)
        return run_at_once(self.delta.advance(changes, self._fleet.position, self.now))

    def snapshot(self) -> Event:
        return self.delta.snapshot(self._fleet.position, self.now)

    def missed_by(self, subscriber: _Subscriber) -> list[Event] | None:
        event_id = parse_event_id(subscriber.last_id)
        assert event_id is not None
        assert event_id.tag == self.delta.tag
        return self.delta.events_since(event_id.position)


def assert_same(decoded: Picture, fleet: Sequence[Aircraft]) -> None:
    """Assert equality: texts, times and flags are exact, numbers within half a unit."""
    held = {aircraft["icao24"]: aircraft for aircraft in decoded}
    assert len(held) == len(decoded)
    assert held.keys() == {aircraft.icao24 for aircraft in fleet}
    for aircraft in fleet:
        assert held[aircraft.icao24].keys() == {*TEXTS, *UNITS}
        for name in held[aircraft.icao24]:
            source = aircraft if name == "type" else aircraft.state_vector
            assert_close(name, held[aircraft.icao24], getattr(source, name))


def assert_close(name: str, aircraft: Mapping[str, Any], expected: object) -> None:
    """Compare one field."""
    value = aircraft[name]
    if isinstance(expected, float):
        assert isinstance(value, int | float)
        assert abs(value - expected) <= UNITS[name] * 0.5 + 1e-6
    else:
        assert value == expected
        assert isinstance(value, bool) is isinstance(expected, bool)


_Tick = tuple[list[StateVector], int]

_TICKS: st.SearchStrategy[list[_Tick]] = st.lists(
    st.tuples(
        st.lists(state_vectors(addresses=6, times=(START - 100, START + 300)), max_size=5),
        st.sampled_from([0, 1, 20, EXPIRY_SECONDS + 1]),
    ),
    min_size=1,
    max_size=12,
)


@settings(deadline=None)
@given(ticks=_TICKS)
def test_a_subscriber_from_the_start_holds_the_fleet(decode: Decode, ticks: list[_Tick]) -> None:
    """It begins with the snapshot of an empty fleet and applies any changes."""
    server, subscriber = _Server(), _Subscriber()
    subscriber.send([server.snapshot()])
    for received, seconds in ticks:
        subscriber.send(server.advance(received, seconds))
        subscriber.expect(server.fleet)
    subscriber.check(decode)


@settings(deadline=None)
@given(ticks=_TICKS, joins_at=st.integers(0, 11))
def test_a_later_subscriber_holds_the_fleet(
    decode: Decode, ticks: list[_Tick], joins_at: int
) -> None:
    """A snapshot is an update of an empty fleet, with the slots that all subscribers have."""
    server, subscriber = _Server(), _Subscriber()
    for number, (received, seconds) in enumerate(ticks):
        events = server.advance(received, seconds)
        if subscriber.sent:
            subscriber.send(events)
        elif number >= joins_at or number == len(ticks) - 1:
            subscriber.send([server.snapshot()])
        subscriber.expect(server.fleet)
    subscriber.check(decode)


@settings(deadline=None)
@given(ticks=_TICKS, data=st.data())
def test_a_subscriber_that_returns_is_sent_the_rest(
    decode: Decode, ticks: list[_Tick], data: st.DataObject
) -> None:
    """It may be cut off at any time, also between two events of a tick, and resumes by its id."""
    server, subscriber = _Server(), _Subscriber()
    subscriber.send([server.snapshot()])
    is_connected = True
    for received, seconds in ticks:
        events = server.advance(received, seconds)
        if is_connected:
            n_received = data.draw(st.integers(0, len(events)), "events received before the cut")
            subscriber.send(events[:n_received])
            is_connected = n_received == len(events)
        elif data.draw(st.booleans(), "comes back"):
            missed = server.missed_by(subscriber)
            assert missed is not None
            subscriber.send(missed)
            is_connected = True
        if is_connected:
            subscriber.expect(server.fleet)
    subscriber.send(server.missed_by(subscriber) or [])
    subscriber.expect(server.fleet)
    subscriber.check(decode)


def test_a_freed_slot_is_used_again(decode: Decode) -> None:
    """It begins with zeros and no texts, not with the values of the aircraft before."""
    server, subscriber = _Server(), _Subscriber()
    subscriber.send([server.snapshot()])
    subscriber.send(
        server.advance([state_vector("aaaaaa", START), state_vector("bbbbbb", START + 50)])
    )
    events = server.advance(
        [state_vector("cccccc", START + 60, callsign=None, latitude=None)], EXPIRY_SECONDS
    )
    assert [event.name for event in events] == ["remove", "update"]
    assert json.loads(events[1].data)["slots"] == [0]
    subscriber.send(events)
    subscriber.expect(server.fleet)
    subscriber.check(decode)


def test_every_field_changes_from_and_to_null(decode: Decode) -> None:
    """Each changes from a value to null, to another value, and then stays."""
    nothing: dict[str, object] = dict.fromkeys(
        {*TEXTS, *UNITS} - {"icao24", "last_contact", "type"}
    )
    nothing["on_ground"] = True
    lives: list[dict[str, object]] = [{}, nothing, {"callsign": "EZY1"}, {"callsign": "EZY1"}]
    server, subscriber = _Server(), _Subscriber()
    subscriber.send([server.snapshot()])
    for second, fields in enumerate(lives):
        subscriber.send(server.advance([state_vector("aaaaaa", START + second, **fields)]))
        subscriber.expect(server.fleet)
    subscriber.check(decode)


def test_the_type_follows_its_aircraft_once_it_is_known(decode: Decode) -> None:
    """It is all that is sent then, stays with newer states, and goes with the aircraft."""
    server, subscriber = _Server(), _Subscriber()
    subscriber.send([server.snapshot()])
    subscriber.send(server.advance([state_vector("aaaaaa", START), state_vector("bbbbbb", START)]))
    (update,) = server.advance([], bbbbbb=Identity(type="A320"))
    data = json.loads(update.data)
    assert (data["slots"], data["texts"]) == ([1], {"type": {"1": "A320"}})
    assert data["columns"] == {name: [0] for name in UNITS}
    subscriber.send([update])
    subscriber.expect(server.fleet)
    subscriber.send(server.advance([state_vector("bbbbbb", START + 50)]))
    subscriber.expect(server.fleet)
    subscriber.send(server.advance([state_vector("cccccc", server.now)], EXPIRY_SECONDS + 1))
    subscriber.expect(server.fleet)
    subscriber.check(decode)


def test_unchanged_texts_and_units_cost_nothing() -> None:
    """An update of unchanged fields has zeros in columns and no texts."""
    server = _Server()
    server.advance([state_vector("aaaaaa", START)])
    (update,) = server.advance([state_vector("aaaaaa", START + 1, time_position=START)])
    data = json.loads(update.data)
    assert data["texts"] == {}
    assert data["columns"] == {name: [0] for name in UNITS} | {"last_contact": [1]}


def test_a_removal_after_the_last_id_is_sent_again(decode: Decode) -> None:
    """Nothing was read meanwhile, so it has an id that the subscriber holds already."""
    server, subscriber = _Server(), _Subscriber()
    subscriber.send([server.snapshot()])
    subscriber.send(server.advance([state_vector("aaaaaa", START)]))
    (removal,) = server.advance([], EXPIRY_SECONDS)
    assert (removal.name, removal.id) == ("remove", subscriber.last_id)
    subscriber.send(server.missed_by(subscriber) or [])
    subscriber.expect([])
    subscriber.send(server.advance([state_vector("bbbbbb", server.now)]))
    subscriber.expect(server.fleet)
    subscriber.check(decode)


def test_an_old_position_cannot_be_resumed() -> None:
    """It is too old after `TICKS_KEPT` ticks with changes; those without do not count."""
    server, subscriber = _Server(), _Subscriber()
    subscriber.send([server.snapshot()])
    for number in range(TICKS_KEPT - 1):
        server.advance([state_vector("aaaaaa", START + number)])
        server.advance([])
    assert len(server.missed_by(subscriber) or []) == TICKS_KEPT - 1
    server.advance([state_vector("aaaaaa", START + 1000)])
    assert server.missed_by(subscriber) is None


def test_a_position_of_another_log_or_of_the_future_cannot_be_resumed() -> None:
    server = _Server()
    assert server.delta.events_since(LogPosition("other", (0,))) is None
    assert server.delta.events_since(LogPosition("epoch", (1,))) is None
    assert server.delta.events_since(LogPosition("epoch", (0,))) == []
