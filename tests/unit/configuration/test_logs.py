"""Every line of a service's log has the chosen format, and shows no local variables."""

import json
import os
import pty
import subprocess
import sys
from typing import Any

import pytest

from testkit.services import child_environment

SECRET = "correct-horse-battery"  # noqa: S105 - invented

PROGRAM = """
import logging, sys, threading, warnings
import structlog
from configuration.logs import configure_logs
from kafka_client.log import LibraryLog

configure_logs("info", sys.argv[1])
log = structlog.get_logger()
log.debug("left_out")
log.info("started", topic="telemetry.raw", text="two\\nlines")
logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
logging.getLogger("httpx2").info("left out")
LibraryLog("archive").log(logging.ERROR, "", "FAIL", "rdkafka#1", "[thrd:a:1/1]: a:1/1: refused")
warnings.warn("old\\nfashioned")

def fail(password):
    raise ValueError("two\\nlines")

def log_failure():
    try:
        fail("-".join(["correct", "horse", "battery"]))
    except ValueError:
        log.exception("half_failed")
        logging.getLogger("asyncio").exception("Task exception was never retrieved")

log_failure()
threading.Thread(target=fail, args=["-".join(["correct", "horse", "battery"])], name="poll").start()
fail("-".join(["correct", "horse", "battery"]))
"""


def run(log_format: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM, log_format]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=child_environment(environment)
    )


def run_on_a_terminal(log_format: str, **environment: str) -> str:
    """Return what the program writes to a terminal."""
    terminal, end = pty.openpty()
    command = [sys.executable, "-c", PROGRAM, log_format]
    with subprocess.Popen(command, stderr=end, env=child_environment(environment)):
        os.close(end)
        shown = b""
        try:
            while part := os.read(terminal, 65536):
                shown += part
        except OSError:  # how Linux reports that the other end was closed
            pass
    os.close(terminal)
    return shown.decode()


@pytest.fixture(scope="module")
def events() -> list[dict[str, Any]]:
    done = run("json")
    assert done.returncode == 1
    assert SECRET not in done.stderr
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_each_event_is_one_line_of_json(events: list[dict[str, Any]]) -> None:
    """Also those of libraries, of Python's warnings and of an error that ends a thread or all."""
    named = [(event["level"], event.get("logger"), event["event"]) for event in events]
    warned = named.pop(3)
    assert warned[:2] == ("warning", "py.warnings")
    assert "old\nfashioned" in warned[2]
    assert named == [
        ("info", None, "started"),
        ("warning", "uvicorn.error", "Invalid HTTP request received."),
        ("error", None, "librdkafka"),
        ("error", None, "half_failed"),
        ("error", "asyncio", "Task exception was never retrieved"),
        ("error", None, "thread_crashed"),
        ("error", None, "crashed"),
    ]
    assert events[0]["text"] == "two\nlines"
    assert events[-1]["reason"] == "ValueError: two\nlines"
    assert all("timestamp" in event for event in events)


def test_a_traceback_is_structured_and_has_no_local_variables(
    events: list[dict[str, Any]],
) -> None:
    failed = [event for event in events if "exception" in event]
    assert len(failed) == 4
    for event in failed:
        [stack] = event["exception"]
        assert (stack["exc_type"], stack["exc_value"]) == ("ValueError", "two\nlines")
        assert stack["frames"][-1]["name"] == "fail"
        assert all("locals" not in frame for frame in stack["frames"])


@pytest.mark.parametrize("log_format", ["auto", "console"])
def test_colours_are_for_terminals_that_want_them(log_format: str) -> None:
    coloured = run_on_a_terminal(log_format)
    assert "\x1b[" in coloured
    assert "\x1b[" not in run_on_a_terminal(log_format, NO_COLOR="1")
    assert SECRET not in coloured
    assert "started" in coloured


def test_text_that_no_terminal_shows_has_neither_colours_nor_local_variables() -> None:
    shown = run("console").stderr
    assert "half_failed" in shown
    assert "ValueError: two" in shown
    assert "\x1b[" not in shown
    assert SECRET not in shown
