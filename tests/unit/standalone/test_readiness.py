"""Nothing is called ready before it serves, and nothing dead is waited for."""

import pytest

from standalone import readiness
from standalone.database import free_port
from standalone.errors import ChildDiedError, ServingError
from standalone.processor_status import ProcessorStatus


class PlayedStatus(ProcessorStatus):
    """Goes through its answers, one at each question."""

    def __init__(self, missing: list[list[str] | None]) -> None:
        self._missing = missing

    def missing(self) -> list[str] | None:
        return self._missing.pop(0)


def test_ready_is_the_processor_and_no_aircraft_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At night a box may be empty. In between the user reads what is waited for."""
    monkeypatch.setattr(readiness, "_POLL_SECONDS", 0.001)
    monkeypatch.setattr(readiness, "_STILL_WAITING_SECONDS", 0.0)
    said: list[str] = []
    status = PlayedStatus([None, ["database"], []])
    readiness.wait_for_processor(status, lambda: None, said.append)
    assert said == [
        "still waiting for the processor to answer",
        "still waiting for the processor: not ready are database",
    ]


def die() -> None:
    raise ChildDiedError("the collector ended")


def test_waiting_ends_when_a_child_dies() -> None:
    """No other process would bring aircraft."""
    with pytest.raises(ChildDiedError):
        readiness.wait_for_processor(PlayedStatus([None]), die, lambda _: None)
    with pytest.raises(ChildDiedError):
        readiness.wait_for_simulator(f"http://127.0.0.1:{free_port()}", die)


def test_simulator_that_never_answers_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its address."""
    monkeypatch.setattr(readiness, "_SIMULATOR_SECONDS", 0.0)
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(ServingError, match=url):
        readiness.wait_for_simulator(url, lambda: None)
