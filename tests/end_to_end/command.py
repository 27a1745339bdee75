"""`python -m standalone` as a user starts it: a process, its two outputs, its addresses."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import asyncpg
import httpx

from standalone.database import free_port
from testkit.processes import children_of, wait_until_gone

PROJECT = Path(__file__).parent.parent.parent

_READY_SECONDS = 45.0
_STOP_SECONDS = 15.0
_POLL_SECONDS = 0.05
_OUR_SETTINGS = re.compile(r"(OPENSKY|KAFKA|DATABASE|ARCHIVE|LIVE|SSE|HTTP|SECURITY|LOG)_")


def environment(**changes: str) -> dict[str, str]:
    """Return this process's environment without settings of ours."""
    kept = {name: value for name, value in os.environ.items() if not _OUR_SETTINGS.match(name)}
    return {**kept, "PYTHONPATH": str(PROJECT), **changes}


class Command:
    """One run of the command, in a folder without config.yaml."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        data_dir: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.data_dir = data_dir or folder / "data"
        self.port = free_port()
        self._stdout, self._stderr = folder / "stdout", folder / "stderr"
        words = ["--data-dir", str(self.data_dir), "--port", str(self.port), *arguments]
        with self._stdout.open("wb") as stdout, self._stderr.open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "standalone", *words],
                stdout=stdout,
                stderr=stderr,
                cwd=folder,
                env=environment(**settings or {}),
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.kill()

    @property
    def stdout(self) -> str:
        return self._stdout.read_text()

    @property
    def stderr(self) -> str:
        return self._stderr.read_text()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_url(self) -> str:
        """The address that the line `ready:` names."""
        return self.stdout.split()[-1]

    def wait_until_ready(self) -> None:
        wait_for(lambda: "\n" in self.stdout or self.process.poll() is not None, _READY_SECONDS)
        assert self.stdout.startswith("ready:"), self.stderr

    def wait_for_aircraft(self) -> None:
        """Wait for the first answer of OpenSky; the command is ready with an empty sky too."""
        known = re.compile(r"^flightmonitor_live_aircraft [1-9]", re.MULTILINE)
        wait_for(lambda: known.search(self.metrics()) is not None, _READY_SECONDS)

    def descendants(self) -> dict[int, str]:
        """Every process below it, by id, with its command line."""
        found: list[int] = []
        fresh = [self.process.pid]
        while fresh:
            fresh = [child for pid in fresh for child in children_of(pid)]
            found += fresh
        return {pid: read_line(Path(f"/proc/{pid}/cmdline")) for pid in found}

    def child(self, name: str) -> int:
        """The process id of one child."""
        return next(pid for pid, line in self.descendants().items() if f"-m {name}" in line)

    def interrupt(self) -> float:
        """Press Ctrl-C; return the seconds until everything has ended."""
        descendants = self.descendants()
        start = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(_STOP_SECONDS)
        seconds = time.monotonic() - start
        wait_until_gone(*descendants, timeout_s=0.5)
        # Whatever was just being started has the folder in its command line.
        wait_for(lambda: not processes_about(self.data_dir), 3)
        return seconds

    def kill(self) -> None:
        """End it as a crash does; return when the last of its descendants is gone."""
        descendants = self.descendants()
        self.process.kill()
        self.process.wait()
        wait_until_gone(*descendants, timeout_s=5)

    def metrics(self) -> str:
        return httpx.get(f"{self.url}/metrics").text

    def row_count(self) -> int:
        return int(query(self.database_url, "SELECT count(*) FROM state_vectors")[0][0])

    def audit(self) -> str:
        """What `python -m processor audit` prints, exit code 0 asserted."""
        return audit(self.database_url)


def processes_about(folder: Path) -> list[str]:
    """Return the command lines in which a folder is named."""
    lines = (read_line(path) for path in Path("/proc").glob("[0-9]*/cmdline"))
    return [line for line in lines if str(folder) in line]


def read_line(path: Path) -> str:
    """The command line of a process, empty if it has ended."""
    try:
        return path.read_text().replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def audit(database_url: str) -> str:
    """Run `python -m processor audit` on a database and give its words."""
    done = subprocess.run(
        [sys.executable, "-m", "processor", "audit"],
        env=environment(DATABASE_URL=database_url),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def query(database_url: str, statement: str) -> Sequence[Any]:
    """Run one statement and give its rows."""

    async def fetch() -> Sequence[Any]:
        connection = await asyncpg.connect(database_url)
        try:
            return await connection.fetch(statement)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def wait_for(condition: Callable[[], bool], seconds: float) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(_POLL_SECONDS)
