"""Each event that the code logs has one stable name, one meaning and its place in the docs."""

import re

import pytest

from configuration.log_events import MEANINGS
from testkit.log_calls import UnreadableLogCallError, log_calls, read_log_calls
from testkit.log_events_page import PAGE, page
from testkit.services import ROOT

EVENTS = {call.event for call in log_calls()}


def test_the_page_of_events_is_what_the_code_logs() -> None:
    assert PAGE.read_text() == page(), "run `python -m testkit.log_events_page`"


def test_each_event_has_a_meaning_and_each_meaning_an_event() -> None:
    assert set(MEANINGS) == EVENTS
    assert len(set(MEANINGS.values())) == len(MEANINGS)
    assert list(MEANINGS) == sorted(MEANINGS)


@pytest.mark.parametrize("event", sorted(EVENTS))
def test_names_are_snake_case_and_meanings_sentences(event: str) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", event)
    assert re.fullmatch(r"[A-Z`].*\.", MEANINGS[event])


def test_what_is_no_service_logs_no_events() -> None:
    """The simulator prints, and the library `telemetry` raises."""
    assert log_calls(["simulator", "telemetry"]) == []


def test_events_that_the_pages_name_exist() -> None:
    """Those that are introduced as what the log has."""
    pages = [ROOT / "ARCHITECTURE.md", ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    named = {
        name
        for path in pages
        for name in re.findall(r"log(?:\s+of\s+the\s+\w+)?\s+has\s+`(\w+)`", path.read_text())
    }
    assert len(named) >= 4
    assert named <= EVENTS


SOURCE = """
class Poller:
    def __init__(self):
        self._log = log.bind(topic="telemetry.raw")

    def _measure(self):
        return {"rows": 1, "new": 2}

    def poll(self):
        self._log.info("polled", **self._measure(), seconds=3)
        log.log(logging.INFO if self.is_new else logging.ERROR, "noted", exc_info=True)
        log.exception("begun" if self.is_new else "ended")
"""


def test_names_levels_and_fields_are_read_from_the_source() -> None:
    read = [(each.event, each.level, each.fields) for each in read_log_calls(SOURCE, "a.module")]
    assert sorted(read) == [
        ("begun", "error", ()),
        ("ended", "error", ()),
        ("noted", "info to error", ()),
        ("polled", "info", ("topic", "rows", "new", "seconds")),
    ]


@pytest.mark.parametrize(
    "call",
    [
        "log.info(name)",
        "log.info(f'{name}_done')",
        "log.info('a', 'b')",
        "log.info('a', **fields)",
        "log.log(level, 'a')",
        "write = log.info",
    ],
)
def test_a_call_that_cannot_be_read_is_refused_with_its_place(call: str) -> None:
    """Otherwise the page would not be complete."""
    with pytest.raises(UnreadableLogCallError, match=r"a\.module, line 1: "):
        list(read_log_calls(call, "a.module"))
