"""Alerts name metrics that exist and sections of docs/operations.md; units start what exists."""

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from collector.__main__ import _parser as collector_parser
from processor.command_line import read_arguments
from testkit.metrics_page import PAGE, page
from testkit.services import ROOT

ALERTS: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((ROOT / "deploy/prometheus/alerts.yaml").read_text())["groups"]
    for rule in group["rules"]
]
UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))
OPERATIONS = (ROOT / "docs/operations.md").read_text()

_METRIC = re.compile(r"\b(?:flightmonitor_[a-z_]+|up)\b")
KNOWN = set(re.findall(r"^\| `(\w+)` \|", PAGE.read_text(), re.MULTILINE))


def test_the_page_of_metrics_is_what_the_metrics_say() -> None:
    assert PAGE.read_text() == page(), "run `python -m testkit.metrics_page`"


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: str(rule["alert"]))
def test_an_alert_asks_for_metrics_that_exist(rule: dict[str, Any]) -> None:
    asked = set(_METRIC.findall(rule["expr"]))
    assert asked
    assert asked <= KNOWN | {"up"}


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: str(rule["alert"]))
def test_an_alert_has_a_section_that_says_what_to_do(rule: dict[str, Any]) -> None:
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert page == "docs/operations.md"
    headings = re.findall(r"^### (\w+)$", OPERATIONS, re.MULTILINE)
    assert anchor in {heading.lower() for heading in headings}
    assert rule["labels"]["severity"] in {"page", "warn"}


def commands(unit: Path) -> Iterator[list[str]]:
    for line in unit.read_text().splitlines():
        if line.startswith("ExecStart="):
            yield shlex.split(line.partition("=")[2])


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_a_command_that_exists(unit: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [[python, dash_m, module, *arguments]] = commands(unit)
    assert (python, dash_m) == ("/opt/flight-monitor/.venv/bin/python", "-m")
    if module == "collector":
        collector_parser().parse_args(arguments)
        return
    assert module == "processor"
    monkeypatch.setattr(sys, "argv", ["processor", *arguments])
    assert read_arguments().role in unit.name
