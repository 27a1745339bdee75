"""The process that serves the history over REST, and a client that starts and queries it."""

import http.client
import sys
import time
from pathlib import Path
from typing import NamedTuple

import msgspec
import uvloop
from pydantic import SecretStr

from benchmarks.report import MeasurementError
from configuration.freed_memory import limit_freed_memory
from processor.garbage_collection import tune_gc
from processor.settings import DatabaseSettings, ProcessorSettings, SseSettings
from testkit.application import Application
from testkit.line_process import LineProcess, commands, log_warnings, reply

REQUEST_SECONDS = 600.0
"""How long a client waits for a part of the response."""

WRITE_DEADLINE_SECONDS = 300.0
READ_BYTES = 1 << 20
IDLE_SECONDS = 4.0
"""The server closes connections that are idle for longer than 5 s."""


class Answer(msgspec.Struct, frozen=True):
    """The first answer of the process."""

    port: int


class Response(NamedTuple):
    """The response to a request, and the seconds until its last byte."""

    seconds: float
    body: bytes


class HistoryServer(LineProcess):
    """The process that serves the history, and a client with one connection that is kept open."""

    def __init__(self, database_url: str) -> None:
        super().__init__("benchmarks.history_server", database_url)
        self._port = msgspec.json.decode(self.read(), type=Answer).port
        self._connection, self._asked_at = self._connect(), 0.0

    def request(self, path: str) -> Response:
        """Send a request and read the whole response.

        Raises:
            MeasurementError: The status is not 200.
        """
        if time.monotonic() - self._asked_at > IDLE_SECONDS:
            self._connection.close()
            self._connection.connect()
        started = time.perf_counter()
        self._connection.request("GET", path)
        response = self._connection.getresponse()
        body = response.read()
        seconds = time.perf_counter() - started
        self._asked_at = time.monotonic()
        if response.status != http.client.OK:
            raise MeasurementError(f"{path}: {response.status} {body[:500].decode()}")
        return Response(seconds, body)

    def download(self, path: str, file: Path) -> float:
        """Download a large response into a file, and return the seconds that it took."""
        connection = self._connect()
        started = time.perf_counter()
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            if response.status != http.client.OK:
                raise MeasurementError(f"{path}: {response.status} {response.read(500).decode()}")
            with file.open("wb") as kept:
                while frame := response.read(READ_BYTES):
                    kept.write(frame)
        finally:
            connection.close()
        return time.perf_counter() - started

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=REQUEST_SECONDS)


async def _serve(database_url: str) -> None:
    application = Application(
        ProcessorSettings(
            database=DatabaseSettings(url=SecretStr(database_url)),
            sse=SseSettings(write_deadline_seconds=WRITE_DEADLINE_SECONDS),
        ),
        clock=time.time,
    )
    reply(Answer(application.start()))
    async for _ in commands():
        pass
    await application.stop()


def main() -> None:
    """Serve until the input ends."""
    log_warnings()
    tune_gc()
    limit_freed_memory()
    uvloop.run(_serve(sys.argv[1]))


if __name__ == "__main__":
    main()
