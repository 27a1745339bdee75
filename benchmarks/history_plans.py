"""Writes the plans of the statements of the REST routes, as the server logs them."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.history_log import PLANS, Plan, ServerLog, logging
from benchmarks.history_server import HistoryServer
from benchmarks.report import MeasurementError
from testkit.timescale import Timescale

FOLDER = Path(__file__).with_name("plans")

TIMES = 8
"""Executions of each statement: after five, PostgreSQL may change to a generic plan."""


def write_plans(server: Timescale, dsn: str, name: str, paths: Sequence[str]) -> list[Plan]:
    """Ask a question over a connection whose plans the server logs; keep those of the last time.

    Args:
        server: It logs.
        dsn: The database that is asked.
        name: Of the file.
        paths: As many questions of one kind as there are to be, with different parameters.

    Raises:
        MeasurementError: The server has logged no plan.
    """
    with logging(dsn, PLANS), HistoryServer(dsn) as site:
        for path in paths[:-1]:
            site.request(path)
        log = ServerLog(server)
        site.request(paths[-1])
        plans = log.plans()
    if not plans:
        raise MeasurementError(f"the server has logged no plan of {paths[-1]}")
    head = f"GET {paths[-1]}\nafter {len(paths) - 1} with other parameters on the same connection"
    _write(name, [head, *(f"{plan.milliseconds} ms\n{plan.text}" for plan in plans)])
    return plans


def write_naive_plan(name: str, statement: str, lines: Sequence[str]) -> None:
    """Write the plan of a query of the naive schema."""
    _write(f"{name}.naive", [statement, "\n".join(lines) + "\n"])


def _write(name: str, parts: Sequence[str]) -> None:
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.txt").write_text("\n\n".join(parts))
