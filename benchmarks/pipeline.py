"""Runs the real collector and processor as processes with the settings of a benchmark."""

import contextlib
import datetime as dt
import http.client
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.parts import PARTITIONS
from testkit.services import Service
from testkit.waiting import wait_until

READY_SECONDS = 60.0
_CREDITS = 1_000_000_000


def environment(bootstrap_servers: str, topic: str, dsn: str) -> dict[str, str]:
    """Return the settings of both services that differ from the defaults."""
    return {
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap_servers,
        "KAFKA_TOPIC": topic,
        "KAFKA_GROUP_ID": f"archive-{topic}",
        "KAFKA_PARTITIONS": str(PARTITIONS),
        "DATABASE_URL": dsn,
        "HTTP_PORT": "0",
        # A heartbeat would be taken for an update.
        "SSE_HEARTBEAT_SECONDS": "300",
        "SSE_MAX_VIEWERS_PER_ADDRESS": "1000",
    }


def opensky_environment(port: int, poll_seconds: float) -> dict[str, str]:
    """Return settings with which the collector polls a local server at this rate."""
    return {
        "OPENSKY_API_URL": f"http://127.0.0.1:{port}/api",
        "OPENSKY_MIN_POLL_INTERVAL_SECONDS": str(poll_seconds),
        "OPENSKY_CREDITS_PER_DAY": str(_CREDITS),
    }


@contextlib.contextmanager
def service(module: str, *arguments: str, settings: Mapping[str, str]) -> Iterator[Service]:
    """Run `python -m MODULE` in a folder of its own during the block."""
    folder = Path(tempfile.mkdtemp(prefix="benchmark-"))
    running = Service(module, *arguments, folder=folder, environment=settings)
    try:
        yield running.start()
    finally:
        running.kill()
        shutil.rmtree(folder, ignore_errors=True)


def port_of(processor: Service) -> int:
    """Return the port of a processor once it is ready."""
    address = urlsplit(processor.url)
    wait_until(lambda: _is_ready(address.netloc), timeout_s=READY_SECONDS, what=processor.log_tail)
    return int(address.netloc.rpartition(":")[2])


def _is_ready(netloc: str) -> bool:
    connection = http.client.HTTPConnection(netloc, timeout=READY_SECONDS)
    with contextlib.closing(connection):
        connection.request("GET", "/ready")
        return connection.getresponse().status == http.client.OK


def to_monotonic(moment: dt.datetime) -> float:
    """Convert a wall-clock time to monotonic seconds."""
    return moment.timestamp() - time.time() + time.monotonic()
