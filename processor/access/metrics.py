"""Every metric of access."""

from prometheus_client import CollectorRegistry, Gauge

from processor.access.gate import Gate


def watch_keys_file(gate: Gate, registry: CollectorRegistry) -> None:
    """Show whether the file of API keys is the one in use; ask the gate at each scrape."""
    Gauge(
        "access_keys_file_ok",
        "Whether access.keys_file could be read and used at the last look; also 1 without a file.",
        registry=registry,
    ).set_function(lambda: gate.keys_trouble() is None)
