"""Requests `/health` ten times a second in a process of its own, and measures the time."""

import http.client
import sys
import threading
import time

import msgspec

from testkit.line_process import LineProcess

INTERVAL_S = 0.1
TIMEOUT_S = 20.0


class Probe(msgspec.Struct, frozen=True):
    """One request on a connection of its own.

    Attributes:
        asked_at: The time of the request (monotonic seconds).
        seconds: The time until the whole response arrived, or until the timeout.
        status: The status of the response; 0 without one.
    """

    asked_at: float
    seconds: float
    status: int


class HealthProber(LineProcess):
    """Probes during the block."""

    def __init__(self, port: int) -> None:
        super().__init__("testkit.health_prober", str(port))

    def probes(self) -> list[Probe]:
        """Return all probes so far."""
        return msgspec.json.decode(self.exchange(b""), type=list[Probe])


def _probe(port: int) -> Probe:
    asked_at = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/health")
        response = connection.getresponse()
        response.read()
        status = response.status
    except (OSError, http.client.HTTPException):
        status = 0
    finally:
        connection.close()
    return Probe(asked_at, time.monotonic() - asked_at, status)


def _probe_for_ever(port: int, probes: list[Probe]) -> None:
    while True:
        probes.append(_probe(port))
        time.sleep(INTERVAL_S)


def main() -> None:
    """Probe until the standard input ends; each line on it is answered by all probes so far."""
    probes: list[Probe] = []
    threading.Thread(target=_probe_for_ever, args=(int(sys.argv[1]), probes), daemon=True).start()
    for _line in sys.stdin:
        sys.stdout.write(msgspec.json.encode(list(probes)).decode() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
