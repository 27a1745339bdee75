"""A real TimescaleDB: one server, started, stopped and killed at will, its data kept."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from standalone.child import spawn
from standalone.database_folder import server_user
from testkit import databases
from testkit.server import HOST, Server
from testkit.timescale_install import programs_dir

_SUPERUSER = "postgres"

_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "shared_preload_libraries": "timescaledb",
    "timescaledb.telemetry_level": "off",
    # Many tests, each with its own pool, on one server.
    "max_connections": "200",
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
}


class Timescale(Server):
    """One PostgreSQL server with TimescaleDB loaded.

    Port and data stay the same from construction to `remove()`, over any number of starts.
    `fsync=False` is faster and safe against `kill()`, which leaves the machine running; the
    default is what an operator runs. `settings` are more of postgresql.conf.
    """

    def __init__(self, *, fsync: bool = True, settings: Mapping[str, str] | None = None) -> None:
        folder = Path(tempfile.mkdtemp(prefix="timescale-"))
        super().__init__("TimescaleDB", folder, stop_signal=signal.SIGINT)
        self._fsync = fsync
        self._settings = dict(settings or {})
        self._user = server_user()
        self._data = self.folder / "data"
        # mkdtemp closes the folder to others, and the server may be another user.
        self.folder.chmod(0o755)

    @property
    def dsn(self) -> str:
        """The address of the server's own database; tests take one from `create_database`."""
        return f"postgresql://{_SUPERUSER}@{HOST}:{self.port}/postgres"

    def create_database(self, name: str | None = None) -> str:
        """Create an empty database and give its address; TimescaleDB is not yet created in it."""
        return databases.create_database(self.dsn, name)

    def drop_database(self, dsn: str) -> None:
        """Drop the database at `dsn`, even if clients are connected to it."""
        databases.drop_database(self.dsn, dsn)

    def reload(self) -> None:
        """Let it read its configuration and its certificate again; sessions stay."""
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    def _launch(self) -> subprocess.Popen[bytes]:
        if not self._data.exists():
            self._make_data()
        settings = {
            **_SETTINGS,
            "port": str(self.port),
            "fsync": "on" if self._fsync else "off",
            **self._settings,
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return self._spawn("postgres", "-D", str(self._data), *options)

    def _is_ready(self) -> bool:
        try:
            lines = (self._data / "postmaster.pid").read_text().split()
        except FileNotFoundError:
            return False
        is_ours = self._process is not None and lines[:1] == [str(self._process.pid)]
        return is_ours and lines[-1] in {"ready", "standby"}

    def _make_data(self) -> None:
        self._data.mkdir(mode=0o700)
        os.chown(self._data, self._user.uid, self._user.gid)
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        tool = self._spawn("initdb", "-D", str(self._data), "-U", _SUPERUSER, *options)
        if tool.wait() != 0:
            raise self._failure(f"could not make {self._data}")

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
