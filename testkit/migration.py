"""Run the migrations as an operator does, and copy a database that they have run on."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from testkit.databases import (
    copy_database,
    create_database,
    drop_database,
    execute,
    name_of,
    refuse_sessions,
)
from testkit.queries import fetch_value
from testkit.services import ROOT, child_environment

TIMEOUT_S = 60.0
"""How long one run of alembic may take: it takes about two seconds on a quiet machine."""

_TEMPLATE = "migrated"


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


def create_migrated_database(server_dsn: str) -> str:
    """Create a database that has the tables and no rows, and return its address.

    Alembic runs once for each server, in a database that is then copied: a copy takes a tenth
    of the time.
    """
    dsn = copy_database(server_dsn, _template(server_dsn))
    # The copy lacks what the migrations granted on the database itself.
    execute(dsn, (ROOT / "migrations/sql/0003_reader.sql").read_text().replace("\n----\n", "\n"))
    return dsn


@contextmanager
def migrated_database(server_dsn: str) -> Iterator[str]:
    """Give the address of a database that has the tables and no rows, and drop it afterwards."""
    dsn = create_migrated_database(server_dsn)
    try:
        yield dsn
    finally:
        drop_database(server_dsn, dsn)


def _template(server_dsn: str) -> str:
    """Return the address of the server's migrated database, which is made on the first call."""
    dsn = urlsplit(server_dsn)._replace(path=f"/{_TEMPLATE}").geturl()
    if not fetch_value(
        server_dsn, "SELECT count(*) FROM pg_database WHERE datname = $1", _TEMPLATE
    ):
        unfinished = create_database(server_dsn)
        migrate(unfinished)
        refuse_sessions(server_dsn, unfinished)
        execute(server_dsn, f'ALTER DATABASE "{name_of(unfinished)}" RENAME TO "{_TEMPLATE}"')
    return dsn
