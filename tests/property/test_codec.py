"""Whatever state vector there may be survives its message."""

from hypothesis import given

from telemetry.codec import decode, encode
from telemetry.state_vector import StateVector
from testkit.state_vectors import state_vectors


@given(state_vectors())
def test_round_trip(vector: StateVector) -> None:
    """Decoding gives back what was encoded, None as None."""
    assert decode(encode(vector), {}) == vector
