"""One turn, written for each view: the same text, whatever is spent on it."""

from processor.live.aircraft import Aircraft
from processor.live.position import Position
from processor.live.tracker import Changes
from processor.live.turn import PATIENT_WRITES, Turn
from processor.live.view import parse_view
from processor.live.wire import EVENT_STREAMS
from tests.support.decoding import decoder
from tests.support.state_vectors import state_vector

NOW = 1_700_000_000.0


def test_many_views_of_their_own_are_written_in_a_hurry() -> None:
    """Less effort makes more bytes, which hold the same."""
    aircraft = [
        Aircraft(icao24, state_vector(icao24=icao24), 0, offset)
        for offset, icao24 in enumerate(f"{number:06x}" for number in range(200))
    ]
    turn = Turn(1, Position("b", (200,)), Changes(after=aircraft, before=[], removed=[]), now=NOW)
    packed = [
        b"".join(turn.pieces(view, EVENT_STREAMS["zstd"], ""))
        for view in (
            parse_view([("max_altitude", f"{99_000 + n}")]) for n in range(PATIENT_WRITES + 1)
        )
    ]
    assert len(set(packed[:PATIENT_WRITES])) == 1
    assert len(packed[PATIENT_WRITES]) > len(packed[0])
    assert decoder("zstd")(packed[PATIENT_WRITES]) == decoder("zstd")(packed[0])
