"""The collector, the simulator and a broker as processes of their own."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
START_SECONDS = 20.0

MOCK_BROKER = """
import signal
from confluent_kafka import Producer
producer = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "ignored", "log_level": 2})
broker = next(iter(producer.list_topics(timeout=5).brokers.values()))
producer.list_topics("telemetry.raw", timeout=5)
print(f"serves {broker.host}:{broker.port}", flush=True)
signal.pause()
"""


class CollectorProcess:
    """`python -m collector`, with its log read as JSON."""

    def __init__(self, folder: Path, environment: dict[str, str], *arguments: str) -> None:
        self._log = folder / f"collector-{time.monotonic_ns()}.log"
        clean = {name: value for name, value in os.environ.items() if "OPENSKY" not in name}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "collector", *arguments],
                cwd=folder,
                env={**clean, "PYTHONPATH": str(ROOT), "LOG_FORMAT": "json", **environment},
                stderr=log,
                stdout=log,
            )

    def text(self) -> str:
        """Return all that was written."""
        return self._log.read_text()

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the log's lines with this event."""
        lines = [json.loads(line) for line in self.text().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == name]

    def wait_for(self, name: str, count: int = 1, *, seconds: float = START_SECONDS) -> None:
        """Wait until an event was logged so many times."""
        wait_until(
            lambda: len(self.events(name)) >= count,
            lambda: f"no {name}: {self.text()}",
            seconds=seconds,
        )

    def stop(self, signals: int = 1, pause_seconds: float = 0.2) -> int:
        """Send SIGTERM so many times; return the exit code."""
        for number in range(signals):
            if number:
                time.sleep(pause_seconds)
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=40)

    def end(self) -> None:
        """Leave no process behind."""
        self.process.kill()
        self.process.wait()


def wait_until(
    is_true: Callable[[], bool], explain: Callable[[], str], *, seconds: float = START_SECONDS
) -> None:
    """Wait, but not for ever."""
    give_up_at = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > give_up_at:
            raise TimeoutError(explain())
        time.sleep(0.05)


@contextlib.contextmanager
def serving(*command: str, folder: Path) -> Iterator[str]:
    """Run a server; give the address that it prints after `serves`."""
    log = folder / f"server-{time.monotonic_ns()}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_until(lambda: _address(log) is not None, log.read_text)
        yield _address(log) or ""
    finally:
        # A stopped process takes no other signal.
        process.kill()
        process.wait()


def _address(log: Path) -> str | None:
    found = re.search(r"serves (?:http://)?(\S+)\n", log.read_text())
    return found[1] if found else None


def simulator(folder: Path, *options: str) -> contextlib.AbstractContextManager[str]:
    """Run the OpenSky simulator; give its host and port."""
    command = ("-m", "simulator", "--port", "0", "--aircraft", "500", "--interval", "1")
    return serving(*command, "--tier", "licensed", *options, folder=folder)


def environment(simulator_address: str, broker_address: str) -> dict[str, str]:
    """Return settings that lead to both, with a poll each second."""
    root = f"http://{simulator_address}"
    return {
        "OPENSKY_API_URL": f"{root}/api",
        "OPENSKY_TOKEN_URL": f"{root}/auth/realms/opensky-network/protocol/openid-connect/token",
        "OPENSKY_CLIENT_ID": "simulator",
        "OPENSKY_CLIENT_SECRET": "simulator",
        "OPENSKY_CREDITS_PER_DAY": "345600",
        "OPENSKY_MIN_POLL_INTERVAL_SECONDS": "1",
        "KAFKA_BOOTSTRAP_SERVERS": broker_address,
        # The groups of a development broker take 3 s to form.
        "KAFKA_COLLECTOR_STANDBY": "false",
    }
