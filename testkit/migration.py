"""Run the migrations as an operator does, on any database."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from testkit.databases import create_database, drop_database
from testkit.services import ROOT, child_environment

TIMEOUT_S = 60.0


def start_migration(dsn: str, *arguments: str) -> "subprocess.Popen[str]":
    """Start `alembic upgrade head`, or what the arguments say instead."""
    return subprocess.Popen(
        [sys.executable, "-m", "alembic", *(arguments or ("upgrade", "head"))],
        env=child_environment({"DATABASE_URL": dsn}),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def migrate(dsn: str, *arguments: str) -> str:
    """Run alembic to its end and return what it printed.

    Raises:
        RuntimeError: It failed.
    """
    process = start_migration(dsn, *arguments)
    printed, _ = process.communicate(timeout=TIMEOUT_S)
    if process.returncode != 0:
        raise RuntimeError(f"alembic {arguments} ended with {process.returncode}:\n{printed}")
    return printed


@contextmanager
def migrated_database(server_dsn: str) -> Iterator[str]:
    """Give the address of a database with our tables, empty, dropped afterwards."""
    dsn = create_database(server_dsn)
    try:
        migrate(dsn)
        yield dsn
    finally:
        drop_database(server_dsn, dsn)
