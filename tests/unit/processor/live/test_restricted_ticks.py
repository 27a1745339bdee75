"""A stream of a principal with areas depends on the aircraft inside them alone."""

import json
from collections.abc import Sequence

import pytest

from processor.bounding_box import BoundingBox
from processor.live.fleet import Fleet, Update
from processor.live.restricted_fleet import RestrictedFleet
from processor.live.restricted_ticks import RestrictedTicks
from processor.stream.encoder import WEBSOCKET_ENCODER
from processor.stream.log_position import LogPosition, parse_event_id
from processor.stream.query import parse_query
from telemetry.state_vector import StateVector
from testkit.state_vectors import START, state_vector

AREAS = (BoundingBox(5.9, 45.8, 10.5, 47.9),)
QUERY = parse_query([], AREAS)
INSIDE, OUTSIDE = 8.0, 0.0


class _Log:
    """A fleet whose ticks are published to subscribers with areas."""

    def __init__(self) -> None:
        self.now = START
        self.fleet = Fleet(
            start=LogPosition("log", (0,)),
            resumable_after=LogPosition("log", (0,)),
            expiry_seconds=300,
            resume_window_seconds=300,
            clock=lambda: self.now,
        )
        self.ticks = RestrictedTicks(lambda: self.now)
        self.ticks.add_subscriber(AREAS)
        self._offset = 0

    def open(self) -> None:
        self.fleet.advance()
        self.ticks.open(self.fleet)

    def advance(self, *states: StateVector, is_heartbeat: bool = False) -> list[dict[str, object]]:
        """Read state vectors, and return the events for those that were sent the tick before."""
        for state in states:
            self.fleet.apply([Update(0, self._offset, state)])
            self._offset += 1
        before = self.ticks.current_tick(AREAS)
        self.fleet.advance()
        self.ticks.advance(is_heartbeat=is_heartbeat)
        tick = self.ticks.current_tick(AREAS)
        assert before is not None
        assert tick is not None
        if tick is before:
            return []
        assert tick.number == before.number + 1
        return [json.loads(text) for text in tick.frames(QUERY, WEBSOCKET_ENCODER)]


@pytest.fixture
def log() -> _Log:
    log = _Log()
    log.open()
    return log


def _names(events: Sequence[dict[str, object]]) -> list[object]:
    return [event["event"] for event in events]


def test_only_changes_inside_make_a_tick(log: _Log) -> None:
    assert log.advance(state_vector("aaaaaa", START, longitude=OUTSIDE)) == []
    assert _names(log.advance(state_vector("bbbbbb", START, longitude=INSIDE))) == ["update"]
    assert log.advance(state_vector("aaaaaa", START + 1, longitude=OUTSIDE + 1)) == []


def test_an_aircraft_that_leaves_is_removed_once(log: _Log) -> None:
    log.advance(state_vector("aaaaaa", START, longitude=INSIDE))
    (event,) = log.advance(state_vector("aaaaaa", START + 1, longitude=OUTSIDE))
    assert (event["event"], event["data"]) == ("remove", {"time": START, "icao24": ["aaaaaa"]})
    assert log.advance(state_vector("aaaaaa", START + 2, longitude=OUTSIDE)) == []
    log.now += 400
    assert log.advance() == []


def test_heartbeats_count_aircraft_inside(log: _Log) -> None:
    states = [state_vector(f"aaaaa{n}", START, longitude=OUTSIDE) for n in range(5)]
    (heartbeat,) = log.advance(*states, is_heartbeat=True)
    assert heartbeat["data"] == {"time": START, "aircraft": 0}
    _, heartbeat = log.advance(state_vector("bbbbbb", START, longitude=INSIDE), is_heartbeat=True)
    assert heartbeat["data"] == {"time": START, "aircraft": 1}


def test_ids_reveal_no_count_of_messages(log: _Log) -> None:
    (first,) = log.advance(state_vector("aaaaaa", START, longitude=INSIDE))
    log.advance(*(state_vector("bbbbbb", START + n, longitude=OUTSIDE) for n in range(50)))
    (second,) = log.advance(state_vector("aaaaaa", START + 1, longitude=INSIDE))
    assert first["id"] == second["id"] == f"areas.0.{QUERY.tag}"


def test_a_client_that_returns_gets_a_snapshot(log: _Log) -> None:
    log.advance(state_vector("aaaaaa", START, longitude=INSIDE))
    tick = log.ticks.current_tick(AREAS)
    assert tick is not None
    frames, is_certain = tick.catch_up(tick.event_id(QUERY), QUERY, WEBSOCKET_ENCODER)
    assert is_certain
    assert _names([json.loads(text) for text in frames]) == ["snapshot"]
    foreign = parse_event_id("2lbay5nq.zv.c4ff51a6")
    frames, is_certain = tick.catch_up(foreign, QUERY, WEBSOCKET_ENCODER)
    assert not is_certain
    assert _names([json.loads(text) for text in frames]) == ["reset", "snapshot"]


def test_removals_are_sorted_by_address(log: _Log) -> None:
    """The order of the fleet would reveal which was received first outside."""
    log.advance(*(state_vector(name, START, longitude=OUTSIDE) for name in ("bbbbbb", "aaaaaa")))
    log.advance(*(state_vector(name, START + 1, longitude=INSIDE) for name in ("aaaaaa", "bbbbbb")))
    log.now += 400
    (event,) = log.advance()
    assert event["data"] == {"time": log.now, "icao24": ["aaaaaa", "bbbbbb"]}


def test_after_another_fleet_subscribers_catch_up(log: _Log) -> None:
    tick = log.ticks.current_tick(AREAS)
    assert tick is not None
    log.ticks.suspend()
    assert log.ticks.current_tick(AREAS) is None
    log.open()
    other = log.ticks.current_tick(AREAS)
    assert other is not None
    assert other.number > tick.number + 1


def test_ticks_are_discarded_with_the_last_subscriber(log: _Log) -> None:
    log.ticks.add_subscriber(AREAS)
    log.ticks.remove_subscriber(AREAS)
    assert len(log.ticks) == 1
    log.ticks.remove_subscriber(AREAS)
    assert len(log.ticks) == 0


def test_everything_inside_is_missed(log: _Log) -> None:
    log.advance(state_vector("aaaaaa", START, longitude=INSIDE))
    inside = RestrictedFleet(log.fleet, AREAS)
    assert [one.icao24 for one in inside.missed(inside.position).changed] == ["aaaaaa"]
