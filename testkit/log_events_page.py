"""Writes docs/log-events.md out of the code: `python -m testkit.log_events_page`."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from configuration.log_events import MEANINGS
from testkit.log_calls import LogCall, log_calls
from testkit.services import ROOT

PAGE = ROOT / "docs" / "log-events.md"

_HEAD = """\
# Log events

The services log to stderr, an event a line: as a JSON object with `log.format: json`, or `auto`
where no terminal reads it; as text on a terminal, in colours unless `NO_COLOR` is set. Event names
are stable; the texts in their fields are for people and may change.

| field | is |
|---|---|
| `event` | the name, as below |
| `level` | `debug`, `info`, `warning` or `error`; `log.level` is the lowest that is logged |
| `timestamp` | UTC, ISO 8601 |
| `reason` | why, as a sentence |
| `remedy`, `hint` | what to do; what follows |
| `left_out` | how many events like this one were left out since the last one |
| `exception` | the traceback: errors with their frames, never with values of variables |

A line with the field `logger` is of a library or a warning of Python, and `event` is its text. What
ends a service before its settings are read (exit code 2) is one plain line for each setting. No
line contains a password, a key, a token or a ticket. This page is written by
`python -m testkit.log_events_page`.
"""

_TAIL = """
## Where to go next

[operations.md](operations.md#alerts) says what to do when something is wrong, and
[metrics.md](metrics.md) has the numbers.
"""

_COLUMNS = "\n| event | level | fields | meaning |\n|---|---|---|---|\n"

_SECTIONS = {
    "Collector": ("collector",),
    "Archive": ("processor.archive",),
    "Live half": ("processor.live", "processor.replay", "processor.http", "processor.access"),
    "Both halves of the processor": ("processor",),
    "Standalone": ("standalone",),
    "All services": ("configuration", "kafka_client", "migrations"),
}
"""The packages by section; the first that fits counts."""


def page() -> str:
    """Return the text of the page."""
    calls = log_calls()
    sections = ((title, [call for call in calls if _section(call) == title]) for title in _SECTIONS)
    tables = (
        f"\n## {title}\n{_COLUMNS}" + "".join(_rows(found)) for title, found in sections if found
    )
    return _HEAD + "".join(tables) + _TAIL


def _section(call: LogCall) -> str:
    return next(
        title
        for title, packages in _SECTIONS.items()
        if any(f"{call.place}.".startswith(f"{package}.") for package in packages)
    )


def _rows(calls: Sequence[LogCall]) -> Iterator[str]:
    for event, some in groupby(calls, lambda call: call.event):
        alike = list(some)
        level = " or ".join(dict.fromkeys(call.level for call in alike))
        fields = dict.fromkeys(field for call in alike for field in call.fields)
        named = ", ".join(f"`{field}`" for field in fields)
        yield f"| `{event}` | {level} | {named} | {MEANINGS.get(event, '')} |\n"


if __name__ == "__main__":
    PAGE.write_text(page())
