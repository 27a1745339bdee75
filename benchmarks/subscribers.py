"""Subscribers of a benchmark: one group of a swarm, whose bursts are measured."""

from typing import Self

from testkit.swarm import Swarm
from testkit.swarm_messages import Burst, Group

QUIET_SECONDS = 0.3
"""A burst has ended when no subscriber has read anything for so long."""


class Subscribers(Swarm):
    """A number of subscribers of one server, which enter at the begin of the block."""

    def __init__(
        self,
        port: int,
        path: str | tuple[str, ...],
        subscribers: int,
        *,
        encoding: str = "identity",
        gets_the_same: bool = False,
        quiet_seconds: float = QUIET_SECONDS,
        is_stalled: bool = False,
        core: int | None = None,
    ) -> None:
        super().__init__(port, core=core)
        self._group = Group(
            name="subscribers",
            subscribers=subscribers,
            paths=(path,) if isinstance(path, str) else path,
            encoding=encoding,
            habit="freeze" if is_stalled else "read",
            witnesses=1,
            quiet_s=quiet_seconds,
            gets_the_same=gets_the_same,
        )

    def __enter__(self) -> Self:
        self.begin_to_enter(self._group)
        return self

    def next_burst(self, timeout_s: float) -> Burst:
        """Return the next burst.

        Raises:
            SubscribersLostError: None came in time, or the server has closed streams.
        """
        return self.wait_for_burst(self._group, timeout_s)

    def bursts(self) -> list[Burst]:
        """Return the bursts that have ended and that no other call has returned."""
        return self.ended_bursts(self._group.name)
