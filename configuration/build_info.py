"""The version that runs, and the metric that shows it."""

from importlib.metadata import PackageNotFoundError, version
from platform import python_version

from prometheus_client import CollectorRegistry, Info, disable_created_metrics

PACKAGE = "opensky-flight-monitor"


def installed_version() -> str | None:
    """Return the version; None where the folder of the source runs without being installed."""
    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        return None


def prepare_metrics(registry: CollectorRegistry, service: str) -> None:
    """Register the metric of the version, and leave out when each series was created.

    Args:
        registry: What /metrics serves.
        service: Which service it is.
    """
    disable_created_metrics()  # type: ignore[no-untyped-call]
    info = Info(
        "flightmonitor_build",
        "The version that runs: its number, or unknown, the service and Python's version.",
        registry=registry,
    )
    labels = {"version": installed_version() or "unknown", "service": service}
    info.info(labels | {"python": python_version()})
