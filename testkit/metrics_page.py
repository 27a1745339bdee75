"""Writes docs/metrics.md out of the metrics themselves: `python -m testkit.metrics_page`."""

from collections.abc import Iterator
from pathlib import Path

from prometheus_client.metrics_core import Metric

from collector.metrics import Metrics
from configuration.build_info import prepare_metrics
from configuration.old_metric_names import OLD_NAMES, PREFIX, RegistryWithOldNames
from configuration.shared_sections import AccessSettings
from processor.access.gate import create_gate
from processor.access.metrics import watch_keys_file
from processor.archive.metrics import ArchiveMetrics
from processor.http.history.metrics import DownloadMetrics
from processor.http.request_metrics import RequestMetrics
from processor.http.server.connections import OpenConnections
from processor.live.metrics import LiveMetrics
from processor.supervisor import HalfMetrics

PAGE = Path(__file__).parents[1] / "docs" / "metrics.md"

_HEAD = """\
# Metrics

Both services answer in Prometheus' text format: the processor at `/metrics` of its own port, the
collector at `http.collector_metrics_port`. Where `access.mode` is `required` they ask for a key
with the scope `metrics` ([access.md](access.md)). [operations.md](operations.md#watch) has
dashboards and alerts about them. Both also have `process_*` (processor time, memory, open files),
and the processor `python_*`, as prometheus_client defines them.

A series with a label exists from the start where its values are known, so that `rate()` sees its
first event. Each metric that had another name before version 0.2 is served under both names until
version 0.3, which ends the old ones. This page is written by `python -m testkit.metrics_page`.
"""

_TAIL = """
## Where to go next

[operations.md](operations.md) says what to do when one of them is wrong.
"""

_COLUMNS = "\n| metric | type | labels | meaning | old name |\n|---|---|---|---|---|\n"

_ADDED_BY_PROMETHEUS = {"le"}


def page() -> str:
    """Return the text of the page."""
    sections = {"Processor": processor_metrics(), "Collector": collector_metrics()}
    tables = (
        f"\n## {title}\n{_COLUMNS}" + "".join(_rows(registry))
        for title, registry in sections.items()
    )
    return _HEAD + "".join(tables) + _TAIL


def processor_metrics() -> RegistryWithOldNames:
    """Return the metrics of a processor that runs both halves."""
    registry = RegistryWithOldNames()
    prepare_metrics(registry, "processor")
    watch_keys_file(create_gate(AccessSettings()), registry)
    OpenConnections(registry=registry)
    DownloadMetrics(registry)
    RequestMetrics(registry)
    HalfMetrics(registry).failed.labels("archive")
    LiveMetrics(registry)
    archive = ArchiveMetrics(registry)
    archive.observe_lag({0: 0})
    return registry


def collector_metrics() -> RegistryWithOldNames:
    """Return the metrics of the collector."""
    registry = RegistryWithOldNames()
    prepare_metrics(registry, "collector")
    metrics = Metrics(registry)
    metrics.clock_offset_seconds.labels("host")
    return registry


def _rows(registry: RegistryWithOldNames) -> Iterator[str]:
    ours = [metric for metric in registry.collect() if metric.name.startswith(PREFIX)]
    for metric in sorted(ours, key=lambda each: each.name):
        labels = ", ".join(f"`{name}`" for name in _labels(metric))
        old = OLD_NAMES.get(metric.name)
        name, old_name = (
            f"`{each}{_ending(metric)}`" if each else "" for each in (metric.name, old)
        )
        yield f"| {name} | {metric.type} | {labels} | {metric.documentation} | {old_name} |\n"


def _ending(metric: Metric) -> str:
    """Return what the name has at its end when it is scraped."""
    return {"counter": "_total", "info": "_info"}.get(metric.type, "")


def _labels(metric: Metric) -> list[str]:
    found = dict.fromkeys(name for sample in metric.samples for name in sample.labels)
    return [name for name in found if name not in _ADDED_BY_PROMETHEUS]


if __name__ == "__main__":
    PAGE.write_text(page())
