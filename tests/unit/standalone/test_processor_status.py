"""The processor's own words, as far as this command needs them."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from configuration.http_address import url_of
from configuration.shared_sections import AccessSettings
from processor.access.gate import create_gate
from processor.archive.batch_result import Stored
from processor.archive.metrics import ArchiveMetrics
from processor.http.app import create_app
from processor.http.health import Health
from processor.http.health_routes import health_routes
from processor.http.server.server import create_server, listen
from processor.live.metrics import LiveMetrics
from processor.supervisor import HalfMetrics
from standalone.database import free_port
from standalone.processor_status import Figures, ProcessorStatus, parse_figures


def test_figures_are_read_from_the_metrics_that_the_processor_serves() -> None:
    """A metric that is renamed there breaks this test."""
    registry = CollectorRegistry()
    live, archive = LiveMetrics(registry), ArchiveMetrics(registry)
    halves = HalfMetrics(registry)
    halves.failed.labels("archive").set(1)
    halves.failed.labels("live").set(0)
    live.aircraft.set(2_926)
    live.subscribers.labels("sse", "delta").set(2)
    live.subscribers.labels("websocket", "row").set(1)
    live.delay.set(4.25)
    for result, count in (("inserted", 100), ("duplicate", 20), ("dead", 3)):
        archive.messages.labels(result).inc(count)
    archive.batch_messages.observe(1)
    archive.batch_messages.observe(2)
    assert parse_figures(generate_latest(registry).decode()) == Figures(
        aircraft=2_926,
        rows_inserted=100,
        messages_accounted=3,
        delay_seconds=4.25,
        subscribers=3,
        failed=("archive",),
    )


@pytest.mark.parametrize("delay", ["NaN", "+Inf"])
def test_figures_of_a_processor_that_has_done_nothing_yet(delay: str) -> None:
    """No message stored and none received."""
    nothing = Figures(
        aircraft=0, rows_inserted=0, messages_accounted=0, delay_seconds=None, subscribers=0
    )
    assert parse_figures("") == nothing
    assert parse_figures(f"flightmonitor_live_delay_seconds {delay}\n") == nothing


def test_processor_that_does_not_answer() -> None:
    """It may be starting, or busy."""
    status = ProcessorStatus(f"http://127.0.0.1:{free_port()}", None)
    assert status.missing() is None
    assert status.figures() is None
    status.close()


async def test_half_that_has_failed_is_named_with_its_reason() -> None:
    """As /ready says it; a half that only waits has not failed."""
    reasons: dict[str, str | None] = {"archive": None, "database": "it does not answer"}
    required = {"live": lambda: None}
    observed = {name: lambda name=name: reasons[name] for name in reasons}
    health = health_routes(
        Health(required=required, observed=observed, registry=CollectorRegistry()),
        create_gate(AccessSettings()),
    )
    listener = listen("127.0.0.1", 0, write_deadline_seconds=5)
    status = ProcessorStatus(url_of(*listener.getsockname()), None)
    server = create_server(create_app(routers=[health], allowed_origins=[]))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    assert await asyncio.to_thread(status.missing) == ["database"]
    failures = [status.failure]
    reasons["archive"] = "failed: messages were removed before they were stored"
    assert await asyncio.to_thread(status.missing) == ["archive", "database"]
    assert [*failures, status.failure] == [None, f"the archive half {reasons['archive']}"]
    server.should_exit = True
    await serving
    status.close()


def test_messages_are_accounted_for_however_many_rows_they_hold() -> None:
    """The stop waits for as many messages as were published, which the counters of rows exceed."""
    registry = CollectorRegistry()
    archive = ArchiveMetrics(registry)
    stored = Stored(
        n_inserted=900, n_duplicate=90, n_dead=10, n_messages=2, next_offsets={}, fenced={}
    )
    archive.observe(stored)
    archive.observe(stored)
    assert parse_figures(generate_latest(registry).decode()).messages_accounted == 4
