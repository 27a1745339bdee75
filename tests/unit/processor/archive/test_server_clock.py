"""The server's clock is extrapolated between readings, and compared with the host's."""

from typing import cast

from processor.archive.server_clock import READ_SECONDS, ServerClock
from processor.postgres import Connection


class Clocks:
    """A host whose monotonic clock the test sets, and a server behind a slow connection."""

    def __init__(self, *, server_at_zero: float, host_at_zero: float) -> None:
        self.seconds = 0.0
        self._server_at_zero = server_at_zero
        self._host_at_zero = host_at_zero

    def monotonic(self) -> float:
        return self.seconds

    def host(self) -> float:
        return self._host_at_zero + self.seconds

    async def fetchval(self, _statement: str) -> float:
        self.seconds += 1  # the way there
        shown = self._server_at_zero + self.seconds
        self.seconds += 1  # and back
        return shown


async def test_clock_is_carried_on_by_the_monotonic_clock() -> None:
    """Half of the round trip is subtracted, and the host's wall clock does not matter."""
    clocks = Clocks(server_at_zero=1_000_000.0, host_at_zero=5.0)
    clock = ServerClock(monotonic=clocks.monotonic, host_clock=clocks.host)
    assert (clock.now(), clock.offset_seconds(), clock.is_due) == (None, None, True)
    await clock.read(cast("Connection", clocks))
    assert clock.now() == 1_000_002.0
    clocks.seconds += READ_SECONDS - 1
    assert clock.now() == 1_000_002.0 + READ_SECONDS - 1
    assert not clock.is_due
    clocks.seconds += 1
    assert clock.is_due


async def test_offset_is_how_far_the_host_is_ahead() -> None:
    """A step of the host's clock shows at once, not only after the next reading."""
    clocks = Clocks(server_at_zero=1_000.0, host_at_zero=1_400.0)
    clock = ServerClock(monotonic=clocks.monotonic, host_clock=clocks.host)
    await clock.read(cast("Connection", clocks))
    assert clock.offset_seconds() == 400.0
    clocks._host_at_zero -= 1_000
    assert clock.offset_seconds() == -600.0
