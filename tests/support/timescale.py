"""A real TimescaleDB: one server, started, stopped and killed at will, its data kept."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from standalone.child import spawn
from standalone.database import free_port
from standalone.database_folder import server_user
from tests.support import databases
from tests.support.processes import kill_with_children
from tests.support.timescale_install import programs_dir

_HOST = "127.0.0.1"
_SUPERUSER = "postgres"
_START_TIMEOUT_S = 50.0
_STOP_TIMEOUT_S = 20.0
_POLL_S = 0.02
_LOG_TAIL_LINES = 30

_SETTINGS = {
    "listen_addresses": _HOST,
    "unix_socket_directories": "",
    "shared_preload_libraries": "timescaledb",
    "timescaledb.telemetry_level": "off",
    # Many tests, each with its own pool, on one server.
    "max_connections": "200",
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
}


class TimescaleFailedError(Exception):
    """The server ended or was not ready in time; the message has the end of its log."""


class Timescale:
    """One PostgreSQL server with TimescaleDB loaded.

    Port and data stay the same from construction to `remove()`, over any number of starts.
    `fsync=False` is faster and safe against `kill()`, which leaves the machine running; the
    default is what an operator runs.
    """

    def __init__(self, *, fsync: bool = True) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="timescale-"))
        self.port = free_port()
        self._fsync = fsync
        self._user = server_user()
        self._server: subprocess.Popen[bytes] | None = None
        self._data = self.folder / "data"
        self._log = self.folder / "server.log"
        # mkdtemp closes the folder to others, and the server may be another user.
        self.folder.chmod(0o755)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.remove()

    @property
    def dsn(self) -> str:
        """The address of the server's own database; tests take one from `create_database`."""
        return f"postgresql://{_SUPERUSER}@{_HOST}:{self.port}/postgres"

    @property
    def is_running(self) -> bool:
        """Whether its process lives."""
        return self._server is not None and self._server.poll() is None

    def create_database(self, name: str | None = None) -> str:
        """Create an empty database and give its address; TimescaleDB is not yet created in it."""
        return databases.create_database(self.dsn, name)

    def drop_database(self, dsn: str) -> None:
        """Drop the database at `dsn`, whoever is connected to it."""
        databases.drop_database(self.dsn, dsn)

    def start(self) -> None:
        """Start it, on the data of before, and wait until it is ready.

        Raises:
            TimescaleFailedError: it ended, or was not ready in time.
        """
        if self.is_running:
            return
        if not self._data.exists():
            self._make_data()
        settings = {
            **_SETTINGS,
            "port": str(self.port),
            "fsync": "on" if self._fsync else "off",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self._server = self._spawn("postgres", "-D", str(self._data), *options)
        self._wait_until_ready(self._server)

    def stop(self) -> None:
        """End it as an operator does, with a fast shutdown."""
        server, self._server = self._server, None
        if server is None:
            return
        server.send_signal(signal.SIGINT)
        try:
            server.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            kill_with_children(server)

    def kill(self) -> None:
        """End it as a crash does: the server and its children at once, with SIGKILL."""
        server, self._server = self._server, None
        if server is not None:
            kill_with_children(server)

    def restart(self) -> None:
        """Stop it, unless it is dead, and start it on the same data and port."""
        self.stop()
        self.start()

    def remove(self) -> None:
        """End it and delete its data."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log_tail(self, lines: int = _LOG_TAIL_LINES) -> str:
        """The last lines of its log, over all starts."""
        if not self._log.exists():
            return ""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])

    def _make_data(self) -> None:
        self._data.mkdir(mode=0o700)
        os.chown(self._data, self._user.uid, self._user.gid)
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        tool = self._spawn("initdb", "-D", str(self._data), "-U", _SUPERUSER, *options)
        if tool.wait() != 0:
            raise TimescaleFailedError(f"initdb could not make {self._data}:\n{self.log_tail()}")

    def _spawn(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as output:
            return spawn(
                [f"{programs_dir()}/{program}", *arguments],
                at_parent_death=signal.SIGINT,
                user=self._user,
                env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
                cwd=self.folder,
                output=output,
            )

    def _wait_until_ready(self, server: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not self._is_ready(server.pid):
            if server.poll() is not None:
                raise TimescaleFailedError(f"TimescaleDB ended while starting:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                self.kill()
                raise TimescaleFailedError(
                    f"TimescaleDB was not ready in {_START_TIMEOUT_S:.0f} s:\n{self.log_tail()}"
                )
            time.sleep(_POLL_S)

    def _is_ready(self, pid: int) -> bool:
        try:
            lines = (self._data / "postmaster.pid").read_text().split()
        except FileNotFoundError:
            return False
        return bool(lines) and lines[0] == str(pid) and lines[-1] == "ready"
