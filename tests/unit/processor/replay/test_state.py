"""A subscriber of a replay holds at each second what the stored state vectors say."""

import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter

from hypothesis import given
from hypothesis import strategies as st

from processor.bounding_box import BoundingBox
from processor.history.stored_rows import in_columns
from processor.reference.identities import Identities
from processor.reference.registrations import registration_of
from processor.replay.rows import TickDivider
from processor.replay.state import ReplayState
from processor.stream.encoder import SSE_ENCODERS
from processor.stream.filter import Filter
from processor.stream.query import StreamQuery, parse_query
from processor.stream.replay_request import parse_replay_event_id
from telemetry.state_vector import StateVector
from testkit.state_vectors import START, state_vector
from testkit.subscriber import Subscriber

EXPIRY_SECONDS = 20
ALPS = BoundingBox(5.0, 45.0, 10.0, 48.0)

QUERIES = st.sampled_from(
    [
        parse_query(pairs, areas)
        for pairs in ([], [("bbox", "7,40,12,50")], [("format", "row"), ("on_ground", "false")])
        for areas in ((), (ALPS,))
    ]
)


@st.composite
def stored_rows(draw: st.DrawFn) -> list[StateVector]:
    """Return state vectors of four aircraft in 70 s, in order of time and address."""
    received = draw(st.sets(st.tuples(st.integers(-30, 40), st.integers(0, 3)), max_size=16))
    return [
        state_vector(
            f"{number:06x}",
            START + second,
            longitude=draw(st.sampled_from([None, 4.0, 6.0, 8.0, 11.0])),
            on_ground=draw(st.booleans()),
        )
        for second, number in sorted(received)
    ]


def _held(rows: Iterable[StateVector], selection: Filter, now: int) -> dict[str, int]:
    """Return the address and last_contact of the aircraft that a subscriber should hold."""
    newest = {state.icao24: state for state in rows if state.last_contact <= now}
    current = [one for one in newest.values() if one.last_contact > now - EXPIRY_SECONDS]
    if not current:
        return {}
    selected = selection.select(in_columns(current))
    return {aircraft.icao24: aircraft.state_vector.last_contact for aircraft in selected}


class _Replay:
    """Plays stored rows as a session does, without waiting."""

    def __init__(self, query: StreamQuery, rows: Sequence[StateVector]) -> None:
        before = [state for state in rows if state.last_contact < START]
        newest = {state.icao24: state for state in before}
        self.subscriber = Subscriber()
        self.state = ReplayState(
            query,
            SSE_ENCODERS["identity"],
            start=START,
            before=list(newest.values()),
            expiry_seconds=EXPIRY_SECONDS,
        )
        self.send(self.state.snapshot())

    def send(self, frames: Iterable[bytes]) -> None:
        for frame in frames:
            self.subscriber.feed(frame)

    @property
    def held(self) -> dict[str, int]:
        return {icao24: state["last_contact"] for icao24, state in self.subscriber.fleet.items()}


@given(QUERIES, stored_rows())
def test_a_subscriber_holds_what_was_stored(query: StreamQuery, rows: list[StateVector]) -> None:
    """After every tick and every removal, for any filter and areas; heartbeats count the fleet."""
    replay = _Replay(query, rows)
    shown = query.filter
    assert replay.held == _held(rows, shown, START - 1)
    later = [state for state in rows if state.last_contact >= START]
    for second, received in groupby(later, attrgetter("last_contact")):
        for idle in replay.state.seconds_without_data(second, step=1):
            replay.send(replay.state.advance_to(idle))
            assert replay.held == _held(rows, shown, idle)
        replay.send(replay.state.tick(second + 1, replay.state.visible(list(received))))
        assert replay.held == _held(rows, shown, second)
    replay.send(replay.state.heartbeat())
    heartbeat = replay.subscriber.events[-1]
    areas = Filter(areas=shown.areas)
    count = len(_held(rows, areas, replay.state.now))
    assert json.loads(heartbeat.data) == {"time": replay.state.now, "aircraft": count}
    event_id = parse_replay_event_id(heartbeat.id)
    assert event_id is not None
    assert (event_id.second, event_id.is_complete) == (replay.state.now + 1, True)


def test_identities_are_replayed() -> None:
    """The registration follows from the address, and the filter by it selects its aircraft."""
    registration = registration_of(0xA12345)
    assert registration is not None
    query = parse_query([("registration", registration), ("fields", "registration")])
    state = ReplayState(
        query,
        SSE_ENCODERS["identity"],
        start=START,
        before=[state_vector("a12345", START - 1), state_vector("abcdef", START - 1)],
        expiry_seconds=EXPIRY_SECONDS,
        identities=Identities(),
    )
    subscriber = Subscriber()
    for frame in (*state.snapshot(), *state.tick(START + 1, [state_vector("a12345", START)])):
        subscriber.feed(frame)
    expected = {"icao24": "a12345", "registration": registration}
    assert [event.event for event in subscriber.events] == ["snapshot", "update"]
    assert [json.loads(event.data)["states"] for event in subscriber.events] == [[expected]] * 2


@given(QUERIES, stored_rows(), st.integers(0, 60))
def test_rows_that_are_read_again_change_nothing(
    query: StreamQuery, rows: list[StateVector], sent_seconds: int
) -> None:
    """During the handover, rows and live messages come twice; only newer ones are applied."""
    replay = _Replay(query, rows)
    later = [state for state in rows if state.last_contact >= START]
    divider = TickDivider()
    sent = [state for state in later if state.last_contact < START + sent_seconds]
    for tick in (*divider.add(replay.state.visible(sent)), *divider.end()):
        replay.send(replay.state.tick(tick.end, tick.state_vectors))
    replay.state.begin_handover()
    unsent = [state for state in later if state.last_contact >= START + sent_seconds]
    for page in (unsent, unsent):
        divider = TickDivider()
        for tick in (*divider.add(replay.state.visible(page)), *divider.end()):
            replay.send(replay.state.tick(tick.end, tick.state_vectors))
    newest = {state.icao24: state.last_contact for state in unsent}
    known = replay.state.newest_sent
    assert all(known.get(icao24, 0) >= last_contact for icao24, last_contact in newest.items())
    replay.send(replay.state.advance_to(START + 40))
    assert replay.held == _held(rows, query.filter, START + 40)
    updates = [
        (state["icao24"], state["last_contact"])
        for event in replay.subscriber.events
        if event.event == "update"
        for state in replay.subscriber._states(json.loads(event.data))
    ]
    assert len(updates) == len(set(updates))
