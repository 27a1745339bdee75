"""Benchmark: bytes a million rows take, by table, part and edition of the database.

TimescaleDB Community is not installed where the others are measured. On a server that has it, run
`python -m benchmarks.storage --url postgresql://user:password@host/postgres`, which makes a
database of its own there, fills it, moves all chunks to the columnstore and drops it in the end.
"""

import argparse
import asyncio
import contextlib
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from benchmarks import parts
from benchmarks.history_databases import history_server
from benchmarks.history_fill import copy_traffic, create_naive, make_days, settle, sum_up
from benchmarks.history_traffic import Size, legs
from benchmarks.report import Figure, MeasurementError, Options, Progress, Report, table
from benchmarks.storage_columnstore import Edition, compress, find_edition, stop_policies
from benchmarks.storage_sizes import Parts, measure
from testkit.databases import create_database, drop_database
from testkit.migration import migrate

SIZE = Size(rows=1_000_000, days=1)
QUICK_SIZE = Size(rows=200_000, days=1)
STORED = "stored_state_vectors"
TABLES = (STORED, "minutely_state_vectors", "flight_legs")
MILLION = 1_000_000
UNIT = "MB/million rows"
NAIVE = "naive"


class Found(NamedTuple):
    """The rows and the bytes of each table of one database."""

    name: str
    tables: dict[str, Parts]


def run(options: Options) -> Report:
    """Measure every edition that is available here."""
    size = QUICK_SIZE if options.is_quick else SIZE
    found = []
    with parts.embedded_postgres() as server:
        found.append(_measure_own(server, "plain PostgreSQL", size, options.progress))
    with history_server() as timescale:
        found.append(_measure_own(timescale.dsn, "TimescaleDB Apache", size, options.progress))
        found.append(_measure_naive(timescale.dsn, size, options.progress))
    return _report(found, size)


def run_elsewhere(url: str, size: Size, progress: Progress) -> Report:
    """Measure on a given server, and again after compression if its edition has the columnstore.

    Raises:
        MeasurementError: It cannot be measured there.
    """
    with _database(url) as dsn:
        _fill_own(dsn, size, progress)
        edition = asyncio.run(find_edition(dsn))
        found = [Found(edition.value, asyncio.run(measure(dsn, TABLES)))]
        if edition is Edition.COMMUNITY:
            progress("moving all chunks to the columnstore")
            compressed = asyncio.run(compress(dsn, TABLES[:2]))
            found.append(Found(f"{edition.value}, compressed", compressed))
        else:
            progress(f"{edition.value} has no columnstore: nothing is compressed")
    return _report(found, size)


def _measure_own(server: str, name: str, size: Size, progress: Progress) -> Found:
    with _database(server) as dsn:
        progress(f"{name}: {size.rows:,} rows")
        _fill_own(dsn, size, progress)
        return Found(name, asyncio.run(measure(dsn, TABLES)))


def _measure_naive(server: str, size: Size, progress: Progress) -> Found:
    with _database(server) as dsn:
        progress(f"{NAIVE}: {size.rows:,} rows")
        asyncio.run(create_naive(dsn))
        asyncio.run(copy_traffic(size, legs(size), [dsn], progress))
        asyncio.run(settle([dsn]))
        return Found(NAIVE, asyncio.run(measure(dsn, ["state_vectors"])))


def _fill_own(dsn: str, size: Size, progress: Progress) -> None:
    """Fill the tables in the order of the archive."""
    migrate(dsn)
    asyncio.run(stop_policies(dsn))
    flown = legs(size)
    asyncio.run(make_days(dsn, size.days))
    asyncio.run(copy_traffic(size, flown, [dsn], progress))
    asyncio.run(sum_up(size, flown, dsn, progress))
    asyncio.run(settle([dsn]))


@contextlib.contextmanager
def _database(server: str) -> Iterator[str]:
    dsn = create_database(server)
    try:
        yield dsn
    finally:
        drop_database(server, dsn)


def _report(found: list[Found], size: Size) -> Report:
    figures = [
        Figure(f"{each.name}: {table}, {part}", UNIT, [count / parts_of.rows])
        for each in found
        for table, parts_of in each.tables.items()
        for part, count in parts_of.by_part().items()
    ]
    totals = {each.name: next(iter(each.tables.values())).per_row for each in found}
    figures += [
        Figure(f"state_vectors: {name} over {NAIVE}", "ratio", [total / totals[NAIVE]])
        for name, total in totals.items()
        if NAIVE in totals and name != NAIVE
    ]
    details: dict[str, Any] = {
        "state_vectors": size.rows,
        "rows": {
            each.name: {table: parts_of.rows for table, parts_of in each.tables.items()}
            for each in found
        },
        "community_compressed": "not measured here; see the head of benchmarks/storage.py",
    }
    return Report(figures, details)


def main() -> int:
    """Measure on the given server, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.storage", description=__doc__)
    parser.add_argument("--url", required=True, help="of a database whose server may be used")
    parser.add_argument("--rows", type=int, default=MILLION, help="a million by default")
    arguments = parser.parse_args()
    try:
        found = run_elsewhere(arguments.url, Size(arguments.rows, 1), _print)
    except (MeasurementError, OSError) as error:
        print(f"not measured: {error}", file=sys.stderr)
        return 1
    print(table(found))
    return 0


def _print(line: str) -> None:
    print(f"  {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
