"""Fills a TimescaleDB server with the schema of the archive and a naive one."""

import asyncio
import contextlib
import os
import time
from collections.abc import Iterator
from typing import NamedTuple

from benchmarks.history_fill import copy_traffic, create_naive, settle, sum_up
from benchmarks.history_traffic import Legs, Size, legs
from benchmarks.report import Progress
from testkit import timescale_install
from testkit.databases import execute
from testkit.migration import migrate
from testkit.timescale import Timescale

SETTINGS = {
    # Loading writes without waiting; what is measured only reads.
    "max_wal_size": "'8GB'",
    "checkpoint_timeout": "'60min'",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    # What timescaledb-tune, which the usual images run, sets on a disk of today.
    "random_page_cost": "1.1",
    "effective_io_concurrency": "256",
    "effective_cache_size": "'8GB'",
    "work_mem": "'16MB'",
}


class Filled(NamedTuple):
    """Two databases with the same state vectors.

    Attributes:
        own: Its address; minutes, hours and flights are summed up.
        naive: One table, one index on time.
        flown: The flights that both know of.
        seconds: What each step of filling took.
    """

    own: str
    naive: str
    flown: Legs
    seconds: dict[str, float]


@contextlib.contextmanager
def history_server() -> Iterator[Timescale]:
    """Install TimescaleDB unless it is there, and run it as a server that is loaded in bulk.

    Raises:
        PartUnavailableError: It cannot be installed here.
        ServerFailedError: It did not start.
    """
    if timescale_install.unavailable_reason() is not None:
        timescale_install.install()
    with Timescale(fsync=False) as server:
        for name, value in SETTINGS.items():
            execute(server.dsn, f"ALTER SYSTEM SET {name} = {value}")
        server.restart()
        yield server


@contextlib.contextmanager
def filled(server: Timescale, size: Size, progress: Progress) -> Iterator[Filled]:
    """Fill a database with each schema, and drop both at the end."""
    own, naive = server.create_database(), server.create_database()
    try:
        migrate(own)
        flown, seconds = legs(size), dict[str, float]()
        asyncio.run(create_naive(naive))
        with _timed(seconds, "copy"):
            asyncio.run(copy_traffic(size, flown, [own, naive], progress))
        with _timed(seconds, "sum up"):
            asyncio.run(sum_up(size, flown, own, progress))
        with _timed(seconds, "vacuum"):
            asyncio.run(settle([own, naive]))
        progress(f"{size.rows:,} state vectors are there: {seconds}")
        yield Filled(own, naive, flown, seconds)
    finally:
        for dsn in (own, naive):
            server.drop_database(dsn)


def make_cold(server: Timescale) -> None:
    """Restart the server without any of its files in the memory of the kernel."""
    execute(server.dsn, "CHECKPOINT")
    server.stop()
    os.sync()  # only what is written can be forgotten
    for path in (server.folder / "data").rglob("*"):
        if path.is_file():
            _forget(str(path))
    server.start()


def _forget(path: str) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(file)


@contextlib.contextmanager
def _timed(seconds: dict[str, float], step: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    seconds[step] = round(time.monotonic() - started, 1)
