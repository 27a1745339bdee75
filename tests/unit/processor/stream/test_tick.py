"""One turn, written for each view: the same text, whatever is spent on it."""

import pytest

from processor.stream import tick as turn_module
from processor.stream.aircraft import Aircraft
from processor.stream.encoder import EVENT_STREAMS, MESSAGES
from processor.stream.live_state import Changes
from processor.stream.log_position import LogPosition
from processor.stream.output_format import WHOLE
from processor.stream.query import parse_query
from processor.stream.tick import PATIENT_WRITES, Tick
from telemetry.state_vector import FIELDS
from testkit.decoding import decoder
from testkit.state_vectors import state_vector

NOW = 1_700_000_000.0


def test_many_views_of_their_own_are_written_in_a_hurry() -> None:
    """Less effort makes more bytes, which hold the same."""
    turn = make_turn()
    packed = [
        b"".join(turn.frames(view, EVENT_STREAMS["zstd"], ""))
        for view in (
            parse_query([("max_altitude", f"{99_000 + n}")]) for n in range(PATIENT_WRITES + 1)
        )
    ]
    assert len(set(packed[:PATIENT_WRITES])) == 1
    assert len(packed[PATIENT_WRITES]) > len(packed[0])
    assert decoder("zstd")(packed[PATIENT_WRITES]) == decoder("zstd")(packed[0])


def make_turn(aircraft: int = 200) -> Tick:
    """Make a turn in which some aircraft have changed."""
    changed = [
        Aircraft(icao24, state_vector(icao24=icao24), 0, offset)
        for offset, icao24 in enumerate(f"{number:06x}" for number in range(aircraft))
    ]
    return Tick(1, LogPosition("b", (200,)), Changes(changed, [], []), now=NOW)


def test_what_clients_choose_is_kept_within_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever of it is the whole picture, a selection of fields, or what was missed since."""
    monkeypatch.setattr(turn_module, "KEPT_BYTES", 500_000)
    monkeypatch.setattr(turn_module, "SELECTED_BYTES", 500_000)
    turn = make_turn()
    for number, field in enumerate(FIELDS[1:] * 20):
        selection = parse_query([("fields", field)])
        turn.frames(selection, MESSAGES, "")
        turn.frames(selection, EVENT_STREAMS["identity"], "")
        turn.once(("since", number), parse_query([]), MESSAGES, list)
    assert 0 < turn.kept_bytes <= 1_000_000
    turn.frames(parse_query([]), EVENT_STREAMS["identity"], "")
    assert turn.kept_bytes <= 1_000_000


def test_an_aircraft_keeps_its_bytes_in_the_standard_shapes_only() -> None:
    """There are half a million selections of fields, and 12,000 aircraft."""
    aircraft = Aircraft("aaaaaa", state_vector(icao24="aaaaaa"), 0, 0)
    for field in FIELDS[1:]:
        aircraft.encode(parse_query([("fields", field)]).shape)
        aircraft.encode(parse_query([("fields", field), ("format", "geojson")]).shape)
    assert not aircraft.encoded
    assert aircraft.encode(WHOLE) is aircraft.encode(WHOLE)
