"""Starts a crowd of viewers in a process of its own, and tells it what to do."""

import msgspec

from tests.support.crowd_process import Command, Group, Report
from tests.support.line_process import LineProcess
from tests.support.waiting import wait_until

ENTER_TIMEOUT_S = 60.0


class Crowd(LineProcess):
    """Viewers of one server, in groups that enter and leave."""

    def __init__(self, port: int) -> None:
        super().__init__("tests.support.crowd_process", str(port))

    def enter(self, group: Group) -> None:
        """Let a group in, and wait until each of it has been answered."""
        self._ask(Command("enter", group=group))
        wait_until(
            lambda: self._are_in(group), timeout_s=ENTER_TIMEOUT_S, what=f"{group.name} answered"
        )

    def _are_in(self, group: Group) -> bool:
        report = self.tell(group.name)
        return len(report.silences) == group.viewers and not report.unanswered

    def tell(self, name: str, *, is_understood: bool = False) -> Report:
        """Return how a group fares, and what its witnesses have understood."""
        return self._ask(Command("understand" if is_understood else "tell", name))

    def begin(self, name: str) -> None:
        """Measure a group anew."""
        self._ask(Command("begin", name))

    def leave(self, name: str) -> None:
        """Let a group go."""
        self._ask(Command("leave", name))

    def _ask(self, command: Command) -> Report:
        answer = self.exchange(msgspec.json.encode(command))
        return msgspec.json.decode(answer, type=Report, strict=False)
