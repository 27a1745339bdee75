"""Steps of the host's clock are noticed with their size; gradual corrections are not."""

import pytest

from processor.host_clock import HostClock


@pytest.mark.parametrize(("set_by", "step"), [(-600, -600), (600, 600), (2, None), (-0.001, None)])
def test_a_step_is_seen_once_with_its_size(set_by: float, step: float | None) -> None:
    """The next call returns None."""
    wall, monotonic = 1_790_000_000.0, 50.0
    clock = HostClock(wall=lambda: wall, monotonic=lambda: monotonic)
    monotonic += 2
    wall += 2 + set_by
    assert clock.step_seconds() == step
    monotonic += 2
    wall += 2
    assert clock.step_seconds() is None
