"""Measures how long a role takes to its first answer, over the import of FastAPI alone."""

import compileall
import contextlib
import http.client
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from benchmarks.report import Figure, MeasurementError, ratios
from standalone.database import free_port
from testkit.process_resources import cpu_seconds, private_kib
from testkit.services import ROOT, child_environment

ROLES = ("archive", "live", "all")
PACKAGES = ("configuration", "kafka_client", "processor", "telemetry")
START_SECONDS = 60.0
CHECK_SECONDS = 0.005
KIB_PER_MIB = 1024

NOTHING_SERVED = {
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
    "DATABASE_URL": "postgresql://127.0.0.1:9/x",
}
"""Settings with a broker and a database that are not there: a start waits for neither."""

_THEN_WAIT = "; print(flush=True); import time; time.sleep(60)"

_IMPORT = f"import fastapi{_THEN_WAIT}"
"""The bare side: an interpreter that has imported a web framework and serves nothing."""

_HELP = f"from processor.command_line import _parser; _parser().format_help(){_THEN_WAIT}"


class _Start(NamedTuple):
    """One start of a process.

    Attributes:
        seconds: From the start of the process to its first answer.
        cpu_seconds: The processor time that it has taken by then, which other load changes least.
        mib: Its private memory then.
    """

    seconds: float
    cpu_seconds: float
    mib: float


def figures(rounds: int) -> list[Figure]:
    """Start each role so many times, in turns with the bare import."""
    for package in PACKAGES:  # as a first start does, unless Python may not write bytecode
        compileall.compile_dir(ROOT / package, quiet=1)
    starts: dict[str, list[_Start]] = {name: [] for name in ("bare", "help", *ROLES)}
    for _ in range(rounds):
        starts["bare"].append(_run(_IMPORT))
        starts["help"].append(_run(_HELP))
        for role in ROLES:
            starts[role].append(_start_role(role))
    return [
        *_figures_of("import of FastAPI alone", starts["bare"]),
        *_figures_of("processor --help", starts["help"]),
        *(figure for role in ROLES for figure in _figures_of(f"start of {role}", starts[role])),
        *(_ratio(role, starts[role], starts["bare"]) for role in ROLES),
    ]


def _figures_of(name: str, starts: Sequence[_Start]) -> list[Figure]:
    return [
        Figure(name, "s", [each.seconds for each in starts]),
        Figure(f"{name}: processor time", "s", [each.cpu_seconds for each in starts]),
        Figure(f"{name}: private memory", "MiB", [each.mib for each in starts]),
    ]


def _ratio(role: str, starts: Sequence[_Start], bare: Sequence[_Start]) -> Figure:
    seconds = [each.cpu_seconds for each in starts], [each.cpu_seconds for each in bare]
    name = f"start of {role} over the import of FastAPI, processor time"
    return Figure(name, "ratio", ratios(*seconds))


def _noted(began: float, pid: int) -> _Start:
    seconds = time.monotonic() - began
    return _Start(seconds, cpu_seconds(pid), private_kib(pid) / KIB_PER_MIB)


def _run(program: str) -> _Start:
    """Run a program until it prints its first line."""
    began = time.monotonic()
    with _process("-c", program) as process:
        if process.stdout is None or not process.stdout.readline():
            raise MeasurementError(f"{program!r} has printed nothing")
        return _noted(began, process.pid)


def _start_role(role: str) -> _Start:
    port = free_port()
    began = time.monotonic()
    with _process("-m", "processor", "--role", role, HTTP_PORT=str(port)) as process:
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > began + START_SECONDS:
                raise MeasurementError(f"the role {role} did not start")
            time.sleep(CHECK_SECONDS)
        return _noted(began, process.pid)


@contextlib.contextmanager
def _process(*arguments: str, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run an interpreter during the block."""
    with subprocess.Popen(
        [sys.executable, *arguments],
        env=child_environment(NOTHING_SERVED | settings),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
    with contextlib.closing(connection):
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == http.client.OK
        except OSError:
            return False
