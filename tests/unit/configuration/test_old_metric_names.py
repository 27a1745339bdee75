"""Each renamed metric is scraped under its old name too, with the same values."""

import pytest
from prometheus_client import Gauge, generate_latest

from configuration.old_metric_names import OLD_NAMES, PREFIX, RegistryWithOldNames
from testkit.metrics_page import collector_metrics, processor_metrics

SERVICES = pytest.mark.parametrize("registry", [processor_metrics(), collector_metrics()])


def test_every_old_name_belongs_to_a_metric() -> None:
    served = {
        metric.name
        for registry in (processor_metrics(), collector_metrics())
        for metric in registry.collect()
    }
    assert OLD_NAMES.keys() <= served
    assert set(OLD_NAMES.values()) <= served


@SERVICES
def test_every_metric_of_ours_has_the_prefix(registry: RegistryWithOldNames) -> None:
    names = {metric.name for metric in registry.collect()} - set(OLD_NAMES.values())
    assert [name for name in names if not name.startswith(PREFIX)] == []


@SERVICES
def test_an_old_name_has_the_series_of_the_new_one(registry: RegistryWithOldNames) -> None:
    served = {metric.name: metric for metric in registry.collect()}
    renamed = [
        name for name in served if name in OLD_NAMES and name != f"{PREFIX}stream_subscribers"
    ]
    assert renamed
    for name in renamed:
        old = served[OLD_NAMES[name]]
        assert old.type == served[name].type
        assert [(s.name.replace(old.name, name, 1), s.labels) for s in old.samples] == [
            (s.name, s.labels) for s in served[name].samples
        ]


def test_labels_that_came_with_the_new_name_are_summed_up() -> None:
    registry = RegistryWithOldNames()
    streams = Gauge(
        "flightmonitor_stream_subscribers", "Open.", ["transport", "format"], registry=registry
    )
    streams.labels("sse", "delta").set(3)
    streams.labels("websocket", "row").set(2)
    assert "\nstream_viewers 5.0\n" in generate_latest(registry).decode()
