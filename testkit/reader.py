"""Connects to a database as the reader role, with the two statements of docs/sql.md."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from testkit.databases import execute

_PASSWORD = "reading"  # noqa: S105 - of servers that live as long as the tests


@contextmanager
def reader_of(dsn: str) -> Iterator[str]:
    """Give the reader's address of a migrated database, until the end of the block."""
    execute(dsn, f"ALTER ROLE flights_reader LOGIN PASSWORD '{_PASSWORD}'")
    parts = urlsplit(dsn)
    host = parts.netloc.rpartition("@")[2]
    yield parts._replace(netloc=f"flights_reader:{_PASSWORD}@{host}").geturl()
    execute(dsn, "ALTER ROLE flights_reader NOLOGIN PASSWORD NULL")
