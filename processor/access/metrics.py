"""The metrics of access control."""

from prometheus_client import CollectorRegistry, Gauge

from processor.access.gate import Gate


def watch_keys_file(gate: Gate, registry: CollectorRegistry) -> None:
    """Register the gauge of the file of API keys, which reads the gate's state at each scrape."""
    Gauge(
        "flightmonitor_access_keys_file_ok",
        "Whether access.keys_file could be read and used the last time; also 1 without a file.",
        registry=registry,
    ).set_function(lambda: gate.keys_trouble() is None)
