"""The log of a child stays small, and tells why the child has died."""

import json
from pathlib import Path

import pytest

from standalone import child_log
from standalone.child_log import ChildLog, Finding


@pytest.fixture
def log(tmp_path: Path) -> ChildLog:
    """Give the log of a collector that has not started yet."""
    return ChildLog(tmp_path / "logs" / "collector.log")


def write(log: ChildLog, *lines: object) -> None:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    with log.open() as file:
        file.write("".join(f"{text}\n" for text in texts).encode())


def test_one_start_before_is_kept(log: ChildLog) -> None:
    """Not all of them."""
    for number in range(3):
        write(log, f"start {number}")
    assert log.path.read_text() == "start 2\n"
    assert log.path.with_name("collector.log.1").read_text() == "start 1\n"


def test_long_run_does_not_fill_the_disk(log: ChildLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child goes on writing to the file that it has open."""
    monkeypatch.setattr(child_log, "_MAX_BYTES", 10)
    with log.open() as file:
        file.write(b"more than ten bytes\n")
        file.flush()
        log.bound()
        file.write(b"later\n")
    assert log.path.read_text() == "later\n"
    assert log.path.with_name("collector.log.1").read_text() == "more than ten bytes\n"
    log.bound()
    assert log.path.read_text() == "later\n"


def test_warnings_and_errors_are_found(log: ChildLog) -> None:
    """With their details, without the trimmings of the log."""
    write(
        log,
        {"event": "polled", "level": "info", "rows": 5},
        {"event": "kafka_unreachable", "level": "warning", "timestamp": "now", "hint": "trying on"},
        {"event": "stopped", "level": "error", "reason": "wrong secret"},
        "2026-11-21 [\x1b[31m\x1b[1merror    \x1b[0m] cannot go on  reason=none",
    )
    assert log.findings()[:2] == [
        Finding("collector", "warning", "kafka_unreachable (hint: trying on)"),
        Finding("collector", "error", "stopped (reason: wrong secret)"),
    ]
    assert log.findings()[2].level == "error"
    assert "cannot go on" in str(log.last_error())


def test_warning_is_not_why_it_died(log: ChildLog) -> None:
    """Only what calls itself an error."""
    write(log, {"event": "slow", "level": "warning"})
    assert log.last_error() is None


def test_last_words_of_python_are_found(log: ChildLog) -> None:
    """A traceback ends with the error."""
    write(log, "Traceback (most recent call last):", "ValueError: no", {"event": "x"}, "")
    assert log.last_plain_line() == "ValueError: no"
    assert log.last_error() is None
    write(log, "sqlalchemy.exc.DBAPIError: no right", "[SQL: CREATE", "]", "(Background: there)")
    assert log.last_plain_line() == "sqlalchemy.exc.DBAPIError: no right"


def test_log_that_is_not_there_tells_nothing(log: ChildLog) -> None:
    """A child that was never started has none."""
    log.bound()
    assert log.findings() == []
    assert log.last_plain_line() is None


def test_only_the_end_of_a_large_log_is_read(log: ChildLog) -> None:
    """A line of megabytes is cut."""
    write(log, "x" * 200_000, {"event": "y" * 10_000, "level": "error"})
    assert len(str(log.last_error())) == 500
