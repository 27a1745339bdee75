"""A real PgBouncer before a server."""

import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from standalone.child import spawn
from standalone.database_folder import server_user
from testkit.pgbouncer_install import program
from testkit.server import HOST, Server

_CONFIG = """\
[databases]
* = host={host} port={server_port} user={user}

[pgbouncer]
listen_addr = {host}
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {pool_mode}
default_pool_size = 3
ignore_startup_parameters = {ignored}
"""


class PgBouncer(Server):
    """Pools the sessions of the server at `dsn`.

    Args:
        dsn: The address of a database on the server.
        pool_mode: When a session of the server is given to another client.
        ignored: Settings that it drops, while it refuses others that it does not know.
    """

    def __init__(self, dsn: str, *, pool_mode: str = "transaction", ignored: str = "") -> None:
        folder = Path(tempfile.mkdtemp(prefix="pgbouncer-"))
        super().__init__("PgBouncer", folder, stop_signal=signal.SIGINT)
        folder.chmod(0o755)
        server = urlsplit(dsn)
        (folder / "pgbouncer.ini").write_text(
            _CONFIG.format(
                host=HOST,
                server_port=server.port,
                user=server.username,
                port=self.port,
                pool_mode=pool_mode,
                ignored=ignored,
            )
        )
        self.dsn = server._replace(netloc=f"{server.username}@{HOST}:{self.port}").geturl()

    def _launch(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as output:
            return spawn(
                [str(program()), str(self.folder / "pgbouncer.ini")],
                at_parent_death=signal.SIGKILL,
                user=server_user(),
                env={},
                cwd=self.folder,
                output=output,
            )

    def _is_ready(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self.port)) == 0
