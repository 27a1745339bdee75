"""A real Prometheus scrapes the pipeline: rules and dashboards find what they name."""

import json
import math
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest
from prometheus_client import generate_latest

from configuration.old_metric_names import OLD_NAMES, RegistryWithOldNames
from standalone.database import free_port
from testkit.deployment import Deployment
from testkit.metrics_page import collector_metrics, processor_metrics
from testkit.pipeline import Pipeline
from testkit.prometheus import CONFIGURATION, RULES, Prometheus
from testkit.prometheus_install import program
from testkit.services import ROOT, run_module
from testkit.waiting import wait_until

pytestmark = pytest.mark.real_prometheus

DASHBOARDS = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))

RATE_INTERVAL = "15s"
"""What Grafana puts in place of `$__rate_interval`, where the scrapes are a second apart."""

_NAME = re.compile(r"\b(?:flightmonitor|process)_\w+")
_LABEL = re.compile(r"{{(\w+)}}")


class Query(NamedTuple):
    """What a panel of a dashboard asks for.

    Attributes:
        panel: The titles of dashboard and panel.
        expression: It is written for this test's Prometheus.
        labels: The labels that the legend shows.
    """

    panel: str
    expression: str
    labels: frozenset[str]


def queries() -> Iterator[Query]:
    for file in DASHBOARDS:
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel.get("targets", ()):
                expression = target["expr"].replace("$__rate_interval", RATE_INTERVAL)
                assert "$" not in expression
                labels = frozenset(_LABEL.findall(target["legendFormat"]))
                yield Query(f"{file.stem}: {panel['title']}", expression, labels)


QUERIES = list(queries())


def promtool(*arguments: str | Path, given: bytes = b"") -> None:
    """Run a command, which must have nothing to say against its input."""
    command = [str(program("promtool")), *map(str, arguments)]
    done = subprocess.run(command, input=given, capture_output=True, check=False, cwd=ROOT)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()


@pytest.mark.parametrize("registry", [processor_metrics(), collector_metrics()])
def test_promtool_accepts_the_metrics(registry: RegistryWithOldNames) -> None:
    promtool("check", "metrics", given=generate_latest(registry))


def test_promtool_accepts_the_rules_and_the_configuration() -> None:
    promtool("check", "rules", "--lint=all", "--lint-fatal", RULES)
    promtool("check", "config", "--lint=all", "--lint-fatal", CONFIGURATION)


@pytest.fixture
def key(deployment: Deployment) -> str:
    """A key for everything; its file is `keys.yaml` in the folder of the services."""
    scopes = ("--scope", "metrics", "--scope", "flights:live")
    made = run_module(
        ["processor", "key", "all", "--file", "keys.yaml", *scopes],
        folder=deployment.folder,
        environment=deployment.environment,
    )
    return made.stdout.strip()


@pytest.mark.real_kafka
@pytest.mark.real_database
def test_no_panel_and_no_rule_is_empty_for_a_typo(deployment: Deployment, key: str) -> None:
    """Every panel has values while nothing is wrong; collector and processor ask for a key."""
    port = free_port()
    pipeline = Pipeline(
        deployment,
        HTTP_COLLECTOR_METRICS_PORT=str(port),
        ACCESS_MODE="required",
        ACCESS_KEYS_FILE=str(deployment.folder / "keys.yaml"),
    )
    url = pipeline.processor.url
    targets = {"processor:8081": urlsplit(url).port or 0, "collector:9108": port}
    pipeline.processor.wait_for_event("live_state_complete")
    authorization = {"Authorization": f"Bearer {key}"}
    with (
        httpx.stream("GET", f"{url}/sse/flights", headers=authorization, timeout=30) as stream,
        Prometheus(targets, key) as prometheus,
    ):
        next(stream.iter_raw())
        for service in (url, f"http://127.0.0.1:{port}"):
            assert httpx.get(f"{service}/metrics").status_code == 401
        empty: list[Query] = []

        def is_each_filled() -> bool:
            empty[:] = [query for query in QUERIES if not _has_value(prometheus, query)]
            return not empty

        wait_until(is_each_filled, timeout_s=40, what=lambda: f"values for {empty}")
        known = set(prometheus.get("label/__name__/values"))
        _check_targets(prometheus)
        rules = _check_rules(prometheus)
    used = set(_NAME.findall(" ".join([*rules, *(query.expression for query in QUERIES)])))
    assert used - known == set()
    assert set(OLD_NAMES.values()) & used == set()


def _has_value(prometheus: Prometheus, query: Query) -> bool:
    """Whether a series has a number as its value, and all have the labels of the legend."""
    found = prometheus.query(query.expression)
    for series in found:
        assert query.labels <= series["metric"].keys(), query
    return any(not math.isnan(float(series["value"][1])) for series in found)


def _check_targets(prometheus: Prometheus) -> None:
    found = prometheus.get("targets")["activeTargets"]
    assert [(each["health"], each["lastError"]) for each in found] == [("up", "")] * 2


def _check_rules(prometheus: Prometheus) -> list[str]:
    """Check that each rule was evaluated, and return their expressions."""
    wait_until(
        lambda: all(rule["health"] == "ok" for rule in _rules(prometheus)),
        timeout_s=10,
        what=lambda: f"rules that are evaluated: {_rules(prometheus)}",
    )
    return [str(rule["query"]) for rule in _rules(prometheus)]


def _rules(prometheus: Prometheus) -> list[dict[str, Any]]:
    return [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
