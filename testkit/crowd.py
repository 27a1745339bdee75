"""Starts a crowd of viewers in a process of its own, and tells it what to do."""

import msgspec

from testkit.crowd_process import Command, Group, Report
from testkit.line_process import LineProcess
from testkit.waiting import wait_until

ENTER_TIMEOUT_S = 60.0


class Crowd(LineProcess):
    """Viewers of one server, in groups that enter and leave."""

    def __init__(self, port: int) -> None:
        super().__init__("testkit.crowd_process", str(port))

    def enter(self, group: Group) -> None:
        """Let a group in, and wait until each of it has been answered."""
        self._request(Command("enter", group=group))
        wait_until(
            lambda: self._are_in(group), timeout_s=ENTER_TIMEOUT_S, what=f"{group.name} answered"
        )

    def _are_in(self, group: Group) -> bool:
        report = self.send(group.name)
        return len(report.silences) == group.subscribers and not report.unanswered

    def send(self, name: str, *, is_understood: bool = False) -> Report:
        """Return how a group fares, and what its witnesses have understood."""
        return self._request(Command("understand" if is_understood else "tell", name))

    def begin(self, name: str) -> None:
        """Measure a group anew."""
        self._request(Command("begin", name))

    def leave(self, name: str) -> None:
        """Let a group go."""
        self._request(Command("leave", name))

    def _request(self, command: Command) -> Report:
        answer = self.exchange(msgspec.json.encode(command))
        return msgspec.json.decode(answer, type=Report, strict=False)
