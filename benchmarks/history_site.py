"""The real REST routes of the history in a process of their own, and whoever starts it."""

import asyncio
import http.client
import logging
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import structlog
import uvloop

from benchmarks.report import MeasurementError
from processor.access.gate import create_gate
from processor.garbage_collection import tune_gc
from processor.history.database import HistoryDatabase
from processor.http.app import create_app
from processor.http.history.routes import history_routes
from processor.http.server.server import create_server, listen
from processor.settings import AccessSettings, DatabaseSettings, HistorySettings, LiveSettings
from testkit.services import ROOT, child_environment

ASKED_SECONDS = 600.0
READ_BYTES = 1 << 20
IDLE_SECONDS = 4.0
"""The server closes connections that are idle for longer than 5 s."""


class Answer(NamedTuple):
    """What a question got: after how many seconds the last byte of how many."""

    seconds: float
    body: bytes


class HistorySite:
    """The process; one connection of HTTP/1.1 that is kept open asks it."""

    def __init__(self, database_url: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.history_site", database_url],
            env=child_environment({}),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        line = self._process.stdout.readline() if self._process.stdout is not None else b""
        if not line:
            self._process.kill()
            raise MeasurementError("the process that serves has ended; what it said is above")
        self._port = int(line)
        self._connection, self._asked_at = self._connect(), 0.0
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._connection.close()
        self._process.kill()
        self._process.wait()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def request(self, path: str) -> Answer:
        """Ask one question and read the whole answer.

        Raises:
            MeasurementError: The answer is not 200.
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
        return Answer(seconds, body)

    def download(self, path: str, file: Path) -> float:
        """Ask for a large answer, write it to a file as it comes; return the seconds."""
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
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=ASKED_SECONDS)


def create_database(url: str) -> HistoryDatabase:
    """Make the connections that the routes read by, as the service does."""
    settings = HistorySettings()
    return HistoryDatabase(
        url=url,
        max_connections=settings.max_connections,
        connect_timeout_seconds=DatabaseSettings().connect_timeout_seconds,
        statement_timeout_seconds=settings.statement_timeout_seconds,
    )


async def _serve(database_url: str) -> None:
    listener = listen("127.0.0.1", 0, write_deadline_seconds=ASKED_SECONDS)
    history, gate = HistorySettings(), create_gate(AccessSettings())
    database = create_database(database_url)
    routes = history_routes(
        database=database,
        broadcaster=None,
        gate=gate,
        settings=history,
        expiry_seconds=LiveSettings().expiry_seconds,
    )
    app = create_app(routers=[routes], allowed_origins=())
    server = create_server(app)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    server.should_exit = True
    await serving
    await database.close()


def main() -> None:
    """Serve until whoever started it has gone."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    tune_gc()
    uvloop.run(_serve(sys.argv[1]))


if __name__ == "__main__":
    main()
