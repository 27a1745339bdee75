"""Writes docs/metrics.md out of the metrics themselves: `python -m testkit.metrics_page`."""

from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric

from collector.metrics import Metrics
from configuration.build_info import prepare_metrics
from processor.access.gate import create_gate
from processor.access.metrics import watch_keys_file
from processor.archive.metrics import ArchiveMetrics
from processor.http.history.metrics import DownloadMetrics
from processor.http.server.connections import OpenConnections
from processor.live.metrics import LiveMetrics
from processor.settings import AccessSettings
from processor.supervisor import HalfMetrics

PAGE = Path(__file__).parents[1] / "docs" / "metrics.md"

_HEAD = """\
# Metrics

Both services answer in Prometheus' text format: the processor at `/metrics` of its own port, the
collector at `http.collector_metrics_port`. [operations.md](operations.md#alerts) has alerts about
them. Both also have `process_*` (processor time, memory, open files), and the processor `python_*`,
as prometheus_client defines them.

A series with a label exists from the start where its values are known, so that `rate()` sees its
first event. This page is written by `python -m testkit.metrics_page`.
"""

_TAIL = """
## Where to go next

[operations.md](operations.md) says what to do when one of them is wrong.
"""

_COLUMNS = "\n| metric | type | labels | meaning |\n|---|---|---|---|\n"

_ADDED_BY_PROMETHEUS = {"le"}


def page() -> str:
    """Return the text of the page."""
    sections = {"Processor": _processor(), "Collector": _collector()}
    tables = (
        f"\n## {title}\n{_COLUMNS}" + "".join(_rows(registry))
        for title, registry in sections.items()
    )
    return _HEAD + "".join(tables) + _TAIL


def _processor() -> CollectorRegistry:
    registry = CollectorRegistry()
    prepare_metrics(registry, "processor")
    watch_keys_file(create_gate(AccessSettings()), registry)
    OpenConnections(registry=registry)
    DownloadMetrics(registry)
    HalfMetrics(registry).failed.labels("archive")
    LiveMetrics(registry)
    archive = ArchiveMetrics(registry)
    archive.observe_lag({0: 0})
    archive.maintenance_failures.labels("minutes")
    return registry


def _collector() -> CollectorRegistry:
    registry = CollectorRegistry()
    prepare_metrics(registry, "collector")
    metrics = Metrics(registry)
    metrics.repaired_fields.labels("icao24")
    metrics.clock_offset_seconds.labels("host")
    return registry


def _rows(registry: CollectorRegistry) -> Iterator[str]:
    for metric in sorted(registry.collect(), key=lambda each: each.name):
        labels = ", ".join(f"`{name}`" for name in _labels(metric))
        yield f"| `{_name(metric)}` | {metric.type} | {labels} | {metric.documentation} |\n"


def _name(metric: Metric) -> str:
    """Return the name under which it is scraped."""
    endings = {"counter": "_total", "info": "_info"}
    return metric.name + endings.get(metric.type, "")


def _labels(metric: Metric) -> list[str]:
    found = dict.fromkeys(name for sample in metric.samples for name in sample.labels)
    return [name for name in found if name not in _ADDED_BY_PROMETHEUS]


if __name__ == "__main__":
    PAGE.write_text(page())
