"""The embedded database: PostgreSQL out of a Python wheel, as a child process of this one.

It listens on 127.0.0.1 only, keeps its data over restarts, and ends when this process ends, however
that happens. It is plain PostgreSQL, without TimescaleDB.
"""

import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from standalone.child import end_group, spawn
from standalone.database_folder import DatabaseFolder, ServerFailedError, server_user
from standalone.database_programs import major_version, programs_dir
from standalone.database_roles import ROLE, kept_password, prepare_roles

_SUPERUSER = "postgres"
_DATABASE = "postgres"
_HOST = "127.0.0.1"
# Below the ports that systems give to outgoing connections, so that one of those does not take
# the port while the server restarts.
_PORTS = range(20_000, 30_000)
_POLL_S = 0.02
# After a crash the server first replays up to max_wal_size of its log.
_START_TIMEOUT_S = 60.0
_FAST_STOP_TIMEOUT_S = 30.0
_IMMEDIATE_STOP_TIMEOUT_S = 5.0

_SETTINGS = {
    "listen_addresses": _HOST,
    # TCP is enough, and a socket's path must be shorter than 108 bytes.
    "unix_socket_directories": "",
    # An answered COMMIT is on disk: the archive's offsets rely on it.
    "synchronous_commit": "on",
    # Twice the default: the newest days of state vectors and their index stay in memory.
    "shared_buffers": "256MB",
    # A poll of 12,000 aircraft is a few MB: rarer checkpoints write hot pages once, not often.
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    # Rows of one poll resemble each other: less to write for some CPU time.
    "wal_compression": "on",
    # Compiling a query costs more than it saves in queries that take milliseconds.
    "jit": "off",
    # On the disks of today a random read costs about as much as a sequential one.
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}


class EmbeddedDatabase:
    """One PostgreSQL server on one data folder, from `start()` to `stop()`."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = DatabaseFolder(data_dir)
        self._user = server_user()
        self._server: subprocess.Popen[bytes] | None = None
        self._port: int | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The superuser's address, for administration; password included: not for logs."""
        password = self.folder.password_file.read_text()
        return f"postgresql://{_SUPERUSER}:{password}@{_HOST}:{self.port}/{_DATABASE}"

    @property
    def service_url(self) -> str:
        """The address for services and people, as a role that is no superuser; without password.

        Where that is, in the file that it names, only this user may read it.
        """
        passfile = quote(os.fspath(self.folder.passfile))
        return f"postgresql://{ROLE}@{_HOST}:{self.port}/{_DATABASE}?passfile={passfile}"

    @property
    def port(self) -> int:
        """The port that the server listens on.

        Raises:
            RuntimeError: it was never started.
        """
        if self._port is None:
            raise RuntimeError(f"the database in {self.folder.path} has no port: start() it first")
        return self._port

    @property
    def pid(self) -> int | None:
        """The process id of the server, None while it does not run."""
        return self._server.pid if self._server and self._server.poll() is None else None

    def start(self) -> None:
        """Make the database when the folder is new, and start the server.

        Raises:
            EmbeddedDatabaseError: the folder cannot be used or the server ended with an error.
        """
        if self.pid is not None:
            return
        programs = programs_dir(self._user)
        self.folder.prepare(self._user)
        if self.folder.has_database:
            self.folder.check_database(self._user, major_version())
            self.folder.release_from_dead_server()
        else:
            self._make_database(programs)
        self._port = _choose_port(self.folder.remembered_port())
        self._server = self._launch(programs)
        self._wait_until_ready(self._server)
        self.folder.port_file.write_text(str(self._port))
        password = kept_password(self.folder.passfile, _HOST)
        try:
            prepare_roles(self.folder, self.url, password)
        except ServerFailedError:
            self.stop()
            raise

    def stop(self) -> None:
        """End the sessions and the server, everything written; stopping twice is harmless."""
        server, self._server = self._server, None
        if server is None:
            return
        # SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one, repaired at next start.
        for stop_signal, timeout_s in (
            (signal.SIGINT, _FAST_STOP_TIMEOUT_S),
            (signal.SIGQUIT, _IMMEDIATE_STOP_TIMEOUT_S),
        ):
            server.send_signal(stop_signal)
            try:
                server.wait(timeout_s)
            except subprocess.TimeoutExpired:
                continue
            return
        server.kill()
        server.wait()

    def _make_database(self, programs: Path) -> None:
        """Make the database beside its place and move it there whole."""
        new = self.folder.new_cluster
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        password_file = self.folder.password_file
        password_file.unlink(missing_ok=True)
        password_file.touch(mode=0o600)
        # Other users of the machine can reach the port, so trust is not enough.
        password_file.write_text(secrets.token_urlsafe(24))
        for path in (new, password_file):
            os.chown(path, self._user.uid, self._user.gid)
        self._run(
            [
                f"{programs}/initdb",
                f"--pgdata={new}",
                f"--username={_SUPERUSER}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                # The same order of text on every machine, whatever locales it has.
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-instructions",
            ]
        )
        new.rename(self.folder.cluster)

    def _run(self, command: list[str]) -> None:
        process = self._spawn(command)
        try:
            exit_code = process.wait()
        except BaseException:  # Ctrl-C: initdb would leave the server that it runs behind
            end_group(process)
            raise
        if exit_code != 0:
            raise self._failure("could not make its database")

    def _launch(self, programs: Path) -> subprocess.Popen[bytes]:
        settings = {**_SETTINGS, "port": str(self._port)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return self._spawn([f"{programs}/postgres", "-D", os.fspath(self.folder.cluster), *options])

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        log = self.folder.log_file
        if log.exists():
            log.replace(log.with_name(f"{log.name}.1"))
        # An environment of its own: PG* variables and locales of the user would change the server.
        env = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
        with log.open("wb") as output:
            return spawn(
                command,
                # The fast shutdown, when this process is killed.
                at_parent_death=signal.SIGINT,
                user=self._user,
                env=env,
                cwd=self.folder.path,
                output=output,
            )

    def _wait_until_ready(self, server: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not self._is_ready(server.pid):
            if server.poll() is not None:
                raise self._failure("did not start")
            if time.monotonic() > deadline:
                self.stop()
                raise self._failure(f"was not ready after {_START_TIMEOUT_S:.0f} s")
            time.sleep(_POLL_S)

    def _is_ready(self, pid: int) -> bool:
        """Whether the server says so, in the last line of its pid file, as pg_ctl asks it."""
        try:
            lines = (self.folder.cluster / "postmaster.pid").read_text().split()
        except FileNotFoundError:
            return False
        return bool(lines) and lines[0] == str(pid) and lines[-1] == "ready"

    def _failure(self, what: str) -> ServerFailedError:
        return ServerFailedError(
            f"PostgreSQL in {self.folder.path} {what}: {self.folder.last_log_line()!r};"
            f" the whole log is {self.folder.log_file}"
        )


def _choose_port(remembered: int | None) -> int:
    if remembered is not None and is_free(remembered):
        return remembered
    return free_port()


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on, and that outgoing connections do not take."""
    candidates = random.sample(_PORTS, len(_PORTS))
    return next(port for port in candidates if is_free(port))


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            return False
    return True
