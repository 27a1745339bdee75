"""Starts many subscribers in a process of their own, and controls them."""

import msgspec

from testkit.line_process import LineProcess
from testkit.swarm_messages import Burst, Command, Group, Report
from testkit.waiting import wait_until

ENTER_TIMEOUT_S = 60.0


class SubscribersLostError(Exception):
    """Subscribers got no burst, or the server has closed their streams."""


class Swarm(LineProcess):
    """Subscribers of one server, in groups that enter and leave.

    Args:
        port: The port of the server on this machine.
        core: The processor core of the process; None for any.
    """

    def __init__(self, port: int, *, core: int | None = None) -> None:
        arguments = [str(port)] if core is None else [str(port), str(core)]
        super().__init__("testkit.swarm_process", *arguments)

    def enter(self, group: Group) -> None:
        """Let a group enter, and wait until each of its subscribers has been answered."""
        self.begin_to_enter(group)
        wait_until(
            lambda: self._has_entered(group),
            timeout_s=ENTER_TIMEOUT_S,
            what=f"{group.name} entered",
        )

    def begin_to_enter(self, group: Group) -> None:
        """Let a group enter without waiting for it."""
        self._report(Command("enter", group=group))

    def _has_entered(self, group: Group) -> bool:
        report = self.report(group.name)
        return len(report.silences) == group.subscribers and not report.unanswered

    def report(self, name: str, *, is_decoded: bool = False) -> Report:
        """Return the state of a group, and what its witnesses have received if that is decoded."""
        return self._report(Command("decode" if is_decoded else "report", name))

    def measure(self, name: str) -> None:
        """Measure the silences of a group from its next reads on."""
        self._report(Command("measure", name))

    def leave(self, name: str) -> None:
        """Let a group leave."""
        self._report(Command("leave", name))

    def wait_for_burst(self, group: Group, timeout_s: float) -> Burst:
        """Return the next burst of a group.

        Raises:
            SubscribersLostError: None came in time, or the server has closed streams.
        """
        command = Command("burst", group.name, timeout_s=timeout_s)
        burst = msgspec.json.decode(self._exchange(command), type=Burst | None)
        if burst is None:
            raise SubscribersLostError(f"the subscribers read nothing for {timeout_s:g} s")
        if burst.subscribers != group.subscribers:
            raise SubscribersLostError(
                f"{burst.subscribers} of {group.subscribers} subscribers are left: the server has "
                "closed the other streams"
            )
        return burst

    def ended_bursts(self, name: str) -> list[Burst]:
        """Return the bursts of a group that have ended and that no other call has returned."""
        return msgspec.json.decode(self._exchange(Command("bursts", name)), type=list[Burst])

    def _report(self, command: Command) -> Report:
        return msgspec.json.decode(self._exchange(command), type=Report, strict=False)

    def _exchange(self, command: Command) -> bytes:
        return self.exchange(msgspec.json.encode(command))
