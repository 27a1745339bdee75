"""Nothing is called ready before it serves, and nothing dead is waited for."""

import pytest

from standalone import readiness
from standalone.database import free_port
from standalone.errors import ChildDiedError, ServingError
from standalone.processor_status import Figures, ProcessorStatus

NONE_YET = Figures(aircraft=0, rows_inserted=0, messages_accounted=0, delay_seconds=0, viewers=0)
SOME = Figures(aircraft=5, rows_inserted=0, messages_accounted=0, delay_seconds=0, viewers=0)


class PlayedStatus(ProcessorStatus):
    """Goes through its answers, one at each question."""

    def __init__(
        self, missing: list[list[str] | None], figures: list[Figures | None] | None = None
    ) -> None:
        self._missing = missing
        self._figures = figures or [SOME]

    def missing(self) -> list[str] | None:
        return self._missing.pop(0)

    def figures(self) -> Figures | None:
        return self._figures.pop(0)


def test_picture_needs_a_ready_processor_and_an_aircraft(monkeypatch: pytest.MonkeyPatch) -> None:
    """In between the user is told what is waited for."""
    monkeypatch.setattr(readiness, "_POLL_SECONDS", 0.001)
    monkeypatch.setattr(readiness, "_STILL_WAITING_SECONDS", 0.0)
    said: list[str] = []
    status = PlayedStatus([None, ["database"], [], [], []], [NONE_YET, None, SOME])
    readiness.wait_for_picture(status, lambda: None, said.append)
    assert said == [
        "still waiting for the processor to answer",
        "still waiting for the processor: not ready are database",
        "still waiting for the first aircraft",
        "still waiting for the first aircraft",
    ]


def die() -> None:
    raise ChildDiedError("the collector ended")


def test_waiting_ends_when_a_child_dies() -> None:
    """Nobody else would bring the aircraft."""
    with pytest.raises(ChildDiedError):
        readiness.wait_for_picture(PlayedStatus([None]), die, lambda _: None)
    with pytest.raises(ChildDiedError):
        readiness.wait_for_simulator(f"http://127.0.0.1:{free_port()}", die)


def test_simulator_that_never_answers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its address."""
    monkeypatch.setattr(readiness, "_SIMULATOR_SECONDS", 0.0)
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(ServingError, match=url):
        readiness.wait_for_simulator(url, lambda: None)
