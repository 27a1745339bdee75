"""Differences: whoever adds them up, in Python or TypeScript, holds the tracker's picture."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docs.decoders.delta import DeltaDecoder
from processor.stream.delta import TEXTS, TURNS_KEPT, UNITS, DeltaPicture
from processor.stream.events import Event
from processor.stream.live_state import LiveState, Update
from processor.stream.log_position import LogPosition, parse_event_id
from telemetry.state_vector import StateVector
from testkit.delta_node import NodeDecoder, Picture, Sent
from testkit.state_vectors import START, state_vector, state_vectors

Decode = Callable[[Sequence[Sent]], list[Picture]]

EXPIRY_SECONDS = 60


def in_python(sent: Sequence[Sent]) -> list[Picture]:
    """Return the picture after each event."""
    decoder = DeltaDecoder()
    pictures: list[Picture] = []
    for name, data in sent:
        decoder.feed(name, data)
        pictures.append(list(decoder.aircraft()))
        assert len(decoder) == len(pictures[-1])
    return pictures


@pytest.fixture(scope="module", params=["python", "typescript"])
def decode(request: pytest.FixtureRequest) -> Iterator[Decode]:
    """Give the decoder in one language."""
    if request.param == "python":
        yield in_python
        return
    with NodeDecoder() as decoder:
        yield decoder


@dataclass
class _Subscriber:
    """What a viewer was told, and what it should hold at some moments of its life."""

    sent: list[Sent] = field(default_factory=list)
    last_id: str = ""
    expected: list[tuple[int, list[StateVector]]] = field(default_factory=list)

    def send(self, events: Sequence[Event]) -> None:
        for event in events:
            self.sent.append((event.name, json.loads(event.data)))
            self.last_id = event.id or self.last_id

    def expect(self, fleet: list[StateVector]) -> None:
        """Say what it should hold now."""
        if self.sent:
            self.expected.append((len(self.sent) - 1, fleet))

    def check(self, decode: Decode) -> None:
        pictures = decode(self.sent)
        assert self.expected
        for index, fleet in self.expected:
            assert_same(pictures[index], fleet)


class _Stage:
    """A tracker and its differences, on a clock that the test turns."""

    def __init__(self) -> None:
        self.now = START
        nowhere = LogPosition("epoch", (0,))
        self._tracker = LiveState(
            start=nowhere,
            resumable_after=nowhere,
            expiry_seconds=EXPIRY_SECONDS,
            resume_window_seconds=1e9,
            clock=lambda: self.now,
        )
        self._offset = 0
        self.picture = DeltaPicture([], nowhere)

    @property
    def fleet(self) -> list[StateVector]:
        return [aircraft.state_vector for aircraft in self._tracker.fleet]

    def turn(self, received: Sequence[StateVector], seconds: int = 1) -> list[Event]:
        self.now += seconds
        for state in received:
            self._tracker.apply([Update(0, self._offset, state)])
            self._offset += 1
        return self.picture.turn(self._tracker.turn(), self._tracker.position, self.now)

    def snapshot(self) -> Event:
        return self.picture.snapshot(self._tracker.position, self.now)

    def missed_by(self, subscriber: _Subscriber) -> list[Event] | None:
        seen = parse_event_id(subscriber.last_id)
        assert seen is not None
        assert seen.tag == self.picture.tag
        return self.picture.events_since(seen.position)


def assert_same(picture: Picture, fleet: Sequence[StateVector]) -> None:
    """Texts, times and flags are exact; what is measured is within half of a column's unit."""
    held = {aircraft["icao24"]: aircraft for aircraft in picture}
    assert len(held) == len(picture)
    assert held.keys() == {state.icao24 for state in fleet}
    for state in fleet:
        assert held[state.icao24].keys() == {*TEXTS, *UNITS}
        for name in held[state.icao24]:
            assert_close(name, held[state.icao24], getattr(state, name))


def assert_close(name: str, aircraft: Mapping[str, Any], wanted: object) -> None:
    """Compare one field."""
    value = aircraft[name]
    if isinstance(wanted, float):
        assert isinstance(value, int | float)
        assert abs(value - wanted) <= UNITS[name] * 0.5 + 1e-6
    else:
        assert value == wanted
        assert isinstance(value, bool) is isinstance(wanted, bool)


_Turn = tuple[list[StateVector], int]

_TURNS: st.SearchStrategy[list[_Turn]] = st.lists(
    st.tuples(
        st.lists(state_vectors(addresses=6, times=(START - 100, START + 300)), max_size=5),
        st.sampled_from([0, 1, 20, EXPIRY_SECONDS + 1]),
    ),
    min_size=1,
    max_size=12,
)


@settings(deadline=None)
@given(turns=_TURNS)
def test_who_follows_holds_the_picture(decode: Decode, turns: list[_Turn]) -> None:
    """From the snapshot of an empty picture, through whatever happens."""
    deployment, subscriber = _Stage(), _Subscriber()
    subscriber.send([deployment.snapshot()])
    for received, seconds in turns:
        subscriber.send(deployment.turn(received, seconds))
        subscriber.expect(deployment.fleet)
    subscriber.check(decode)


@settings(deadline=None)
@given(turns=_TURNS, joins_at=st.integers(0, 11))
def test_who_comes_later_holds_the_same(decode: Decode, turns: list[_Turn], joins_at: int) -> None:
    """A snapshot is an update of nothing, with the slots that everybody has."""
    deployment, subscriber = _Stage(), _Subscriber()
    for number, (received, seconds) in enumerate(turns):
        events = deployment.turn(received, seconds)
        if subscriber.sent:
            subscriber.send(events)
        elif number >= joins_at or number == len(turns) - 1:
            subscriber.send([deployment.snapshot()])
        subscriber.expect(deployment.fleet)
    subscriber.check(decode)


@settings(deadline=None)
@given(turns=_TURNS, data=st.data())
def test_who_was_away_is_told_the_rest(
    decode: Decode, turns: list[_Turn], data: st.DataObject
) -> None:
    """However often it is cut off, be it between two events of a turn, and goes on by its id."""
    deployment, subscriber = _Stage(), _Subscriber()
    subscriber.send([deployment.snapshot()])
    is_here = True
    for received, seconds in turns:
        events = deployment.turn(received, seconds)
        if is_here:
            taken = data.draw(st.integers(0, len(events)), "events taken before the cut")
            subscriber.send(events[:taken])
            is_here = taken == len(events)
        elif data.draw(st.booleans(), "comes back"):
            missed = deployment.missed_by(subscriber)
            assert missed is not None
            subscriber.send(missed)
            is_here = True
        if is_here:
            subscriber.expect(deployment.fleet)
    subscriber.send(deployment.missed_by(subscriber) or [])
    subscriber.expect(deployment.fleet)
    subscriber.check(decode)


def test_a_freed_slot_is_taken_by_another(decode: Decode) -> None:
    """With zeros and no texts, not with what was left there."""
    deployment, subscriber = _Stage(), _Subscriber()
    subscriber.send([deployment.snapshot()])
    subscriber.send(
        deployment.turn([state_vector("aaaaaa", START), state_vector("bbbbbb", START + 50)])
    )
    events = deployment.turn(
        [state_vector("cccccc", START + 60, callsign=None, latitude=None)], EXPIRY_SECONDS
    )
    assert [event.name for event in events] == ["remove", "update"]
    assert json.loads(events[1].data)["slots"] == [0]
    subscriber.send(events)
    subscriber.expect(deployment.fleet)
    subscriber.check(decode)


def test_every_field_comes_and_goes(decode: Decode) -> None:
    """From a value to null, to another value, and to the same."""
    nothing: dict[str, object] = dict.fromkeys({*TEXTS, *UNITS} - {"icao24", "last_contact"})
    nothing["on_ground"] = True
    lives: list[dict[str, object]] = [{}, nothing, {"callsign": "EZY1"}, {"callsign": "EZY1"}]
    deployment, subscriber = _Stage(), _Subscriber()
    subscriber.send([deployment.snapshot()])
    for second, fields in enumerate(lives):
        subscriber.send(deployment.turn([state_vector("aaaaaa", START + second, **fields)]))
        subscriber.expect(deployment.fleet)
    subscriber.check(decode)


def test_unchanged_texts_and_units_cost_nothing() -> None:
    """An update names what it differs in: zeros in columns, no texts at all."""
    deployment = _Stage()
    deployment.turn([state_vector("aaaaaa", START)])
    (update,) = deployment.turn([state_vector("aaaaaa", START + 1, time_position=START)])
    data = json.loads(update.data)
    assert data["texts"] == {}
    assert data["columns"] == {name: [0] for name in UNITS} | {"last_contact": [1]}


def test_a_removal_after_the_last_id_is_told_again(decode: Decode) -> None:
    """Nothing was read meanwhile, so it has the id that the viewer has seen already."""
    deployment, subscriber = _Stage(), _Subscriber()
    subscriber.send([deployment.snapshot()])
    subscriber.send(deployment.turn([state_vector("aaaaaa", START)]))
    (removal,) = deployment.turn([], EXPIRY_SECONDS)
    assert (removal.name, removal.id) == ("remove", subscriber.last_id)
    subscriber.send(deployment.missed_by(subscriber) or [])
    subscriber.expect([])
    subscriber.send(deployment.turn([state_vector("bbbbbb", deployment.now)]))
    subscriber.expect(deployment.fleet)
    subscriber.check(decode)


def test_too_long_away_is_not_known() -> None:
    """After so many turns with news; idle ones and heartbeats do not count."""
    deployment, subscriber = _Stage(), _Subscriber()
    subscriber.send([deployment.snapshot()])
    for number in range(TURNS_KEPT - 1):
        deployment.turn([state_vector("aaaaaa", START + number)])
        deployment.turn([])
    assert len(deployment.missed_by(subscriber) or []) == TURNS_KEPT - 1
    deployment.turn([state_vector("aaaaaa", START + 1000)])
    assert deployment.missed_by(subscriber) is None


def test_another_position_is_not_known() -> None:
    """Neither of another log nor from further on."""
    deployment = _Stage()
    assert deployment.picture.events_since(LogPosition("other", (0,))) is None
    assert deployment.picture.events_since(LogPosition("epoch", (1,))) is None
    assert deployment.picture.events_since(LogPosition("epoch", (0,))) == []
