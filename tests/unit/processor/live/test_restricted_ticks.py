"""What a stream of a principal with areas is made of: the aircraft inside, and nothing else."""

import json
from collections.abc import Sequence

import pytest

from processor.bounding_box import BoundingBox
from processor.live.restricted_ticks import RestrictedTicks
from processor.stream.encoder import MESSAGES
from processor.stream.live_state import LiveState, Update
from processor.stream.log_position import LogPosition, parse_event_id
from processor.stream.query import parse_query
from processor.stream.restricted_state import RestrictedState
from telemetry.state_vector import StateVector
from testkit.state_vectors import START, state_vector

AREAS = (BoundingBox(5.9, 45.8, 10.5, 47.9),)
VIEW = parse_query([], AREAS)
INSIDE, OUTSIDE = 8.0, 0.0


class _Log:
    """A tracker whose turns are shown to those with areas."""

    def __init__(self) -> None:
        self.now = START
        self.tracker = LiveState(
            start=LogPosition("log", (0,)),
            resumable_after=LogPosition("log", (0,)),
            expiry_seconds=300,
            resume_window_seconds=300,
            clock=lambda: self.now,
        )
        self.scenes = RestrictedTicks(lambda: self.now)
        self.scenes.enter(AREAS)
        self._offset = 0

    def open(self) -> None:
        self.tracker.turn()
        self.scenes.open(self.tracker)

    def turn(self, *states: StateVector, is_beat: bool = False) -> list[dict[str, object]]:
        """Read state vectors, and return what the viewers are sent who follow."""
        for state in states:
            self.tracker.apply([Update(0, self._offset, state)])
            self._offset += 1
        scene = self.scenes.of(AREAS)
        assert scene is not None
        number = scene.current.number
        self.tracker.turn()
        self.scenes.turn(is_beat=is_beat)
        if scene.current.number == number:
            return []
        assert scene.current.number == number + 1
        return [json.loads(text) for text in scene.next_pieces(VIEW, MESSAGES)]


@pytest.fixture
def log() -> _Log:
    log = _Log()
    log.open()
    return log


def _names(events: Sequence[dict[str, object]]) -> list[object]:
    return [event["event"] for event in events]


def test_a_turn_is_one_in_which_something_changed_inside(log: _Log) -> None:
    assert log.turn(state_vector("aaaaaa", START, longitude=OUTSIDE)) == []
    assert _names(log.turn(state_vector("bbbbbb", START, longitude=INSIDE))) == ["update"]
    assert log.turn(state_vector("aaaaaa", START + 1, longitude=OUTSIDE + 1)) == []


def test_an_aircraft_that_leaves_is_removed_once(log: _Log) -> None:
    log.turn(state_vector("aaaaaa", START, longitude=INSIDE))
    (event,) = log.turn(state_vector("aaaaaa", START + 1, longitude=OUTSIDE))
    assert (event["event"], event["data"]) == ("remove", {"time": START, "icao24": ["aaaaaa"]})
    assert log.turn(state_vector("aaaaaa", START + 2, longitude=OUTSIDE)) == []
    log.now += 400
    assert log.turn() == []


def test_heartbeats_count_those_inside(log: _Log) -> None:
    states = [state_vector(f"aaaaa{n}", START, longitude=OUTSIDE) for n in range(5)]
    (heartbeat,) = log.turn(*states, is_beat=True)
    assert heartbeat["data"] == {"time": START, "aircraft": 0}
    _, heartbeat = log.turn(state_vector("bbbbbb", START, longitude=INSIDE), is_beat=True)
    assert heartbeat["data"] == {"time": START, "aircraft": 1}


def test_ids_count_nothing(log: _Log) -> None:
    (first,) = log.turn(state_vector("aaaaaa", START, longitude=INSIDE))
    log.turn(*(state_vector("bbbbbb", START + n, longitude=OUTSIDE) for n in range(50)))
    (second,) = log.turn(state_vector("aaaaaa", START + 1, longitude=INSIDE))
    assert first["id"] == second["id"] == f"areas.0.{VIEW.tag}"


def test_whoever_comes_back_gets_all_of_its_view(log: _Log) -> None:
    log.turn(state_vector("aaaaaa", START, longitude=INSIDE))
    scene = log.scenes.of(AREAS)
    assert scene is not None
    frames, is_certain = scene.pieces_since(scene.seen_by(VIEW), VIEW, MESSAGES)
    assert is_certain
    assert _names([json.loads(text) for text in frames]) == ["snapshot"]
    foreign = parse_event_id("2lbay5nq.zv.c4ff51a6")
    frames, is_certain = scene.pieces_since(foreign, VIEW, MESSAGES)
    assert not is_certain
    assert _names([json.loads(text) for text in frames]) == ["reset", "snapshot"]


def test_those_removed_come_by_address(log: _Log) -> None:
    """The tracker's order is that in which they were first received, be it elsewhere."""
    log.turn(*(state_vector(name, START, longitude=OUTSIDE) for name in ("bbbbbb", "aaaaaa")))
    log.turn(*(state_vector(name, START + 1, longitude=INSIDE) for name in ("aaaaaa", "bbbbbb")))
    log.now += 400
    (event,) = log.turn()
    assert event["data"] == {"time": log.now, "icao24": ["aaaaaa", "bbbbbb"]}


def test_another_tracker_leaves_viewers_behind(log: _Log) -> None:
    scene = log.scenes.of(AREAS)
    assert scene is not None
    number = scene.current.number
    log.scenes.suspend()
    assert log.scenes.of(AREAS) is None
    log.open()
    other = log.scenes.of(AREAS)
    assert other is not None
    assert other.current.number > number + 1


def test_a_scene_is_forgotten_with_its_last_viewer(log: _Log) -> None:
    log.scenes.enter(AREAS)
    log.scenes.leave(AREAS)
    assert len(log.scenes) == 1
    log.scenes.leave(AREAS)
    assert len(log.scenes) == 0


def test_everything_inside_is_missed(log: _Log) -> None:
    log.turn(state_vector("aaaaaa", START, longitude=INSIDE))
    tracker = RestrictedState(log.tracker, AREAS)
    assert [one.icao24 for one in tracker.missed(tracker.position).changed] == ["aaaaaa"]
