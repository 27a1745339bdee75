"""The stop waits for the archive, not for ever, and does not call stored what may be lost."""

from dataclasses import dataclass, field

import pytest

from standalone import drain
from standalone.drain import wait_until_stored
from standalone.processor_status import Figures
from standalone.stop_signals import StopSignals


@dataclass
class PlayedLogEnd:
    """A log that has no producer any more."""

    end: int | None

    def messages(self) -> int | None:
        return self.end


@dataclass
class PlayedStatus:
    """Has stored so many at each question, at last for good."""

    accounted: list[int | None] = field(default_factory=list)
    failed: tuple[str, ...] = ()

    def figures(self) -> Figures | None:
        count = self.accounted.pop(0) if len(self.accounted) > 1 else self.accounted[0]
        if count is None:
            return None
        return Figures(
            aircraft=0,
            rows_inserted=0,
            messages_accounted=count,
            delay_seconds=0,
            subscribers=0,
            failed=self.failed,
        )


@pytest.fixture(autouse=True)
def _impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drain, "_STORED_SECONDS", 0.05)
    monkeypatch.setattr(drain, "_POLL_SECONDS", 0.001)


def test_archive_that_catches_up_is_waited_for() -> None:
    """A moment without an answer does not matter."""
    status = PlayedStatus([10, None, 25, 30])
    assert wait_until_stored(PlayedLogEnd(30), status, StopSignals()) is None
    assert status.accounted == [30]


@pytest.mark.parametrize(
    ("end", "accounted", "sent"),
    [
        (1_030, 30, "1,000 messages were not stored in time and lost"),
        (30, None, "an unknown number of messages was perhaps not stored"),
        (None, 30, "an unknown number of messages was perhaps not stored"),
    ],
)
def test_lost_messages_are_reported(end: int | None, accounted: int | None, sent: str) -> None:
    """Never silence instead of knowledge."""
    said = wait_until_stored(PlayedLogEnd(end), PlayedStatus([accounted]), StopSignals())
    assert said is not None
    assert sent in said


def test_empty_log_needs_no_archive() -> None:
    """The start may have been interrupted before it answered."""
    assert wait_until_stored(PlayedLogEnd(0), PlayedStatus([None]), StopSignals()) is None


def test_archive_that_has_failed_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stores nothing more; what is lost by that is said at once."""
    monkeypatch.setattr(drain, "_STORED_SECONDS", 1e6)
    status = PlayedStatus([30], failed=("archive",))
    said = wait_until_stored(PlayedLogEnd(1_030), status, StopSignals())
    assert said == (
        "1,000 messages were not stored and lost with the embedded broker: the archive has failed"
    )
    assert wait_until_stored(PlayedLogEnd(30), status, StopSignals()) is None
