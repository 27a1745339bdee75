"""Benchmark: a day of the world, 10 million rows, as Parquet through REST in constant memory."""

import asyncio
import datetime as dt
import math
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import asyncpg
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pyarrow import parquet as pq

from benchmarks import parts
from benchmarks.history_databases import history_server
from benchmarks.history_fill import copy_traffic, settle
from benchmarks.history_server import HistoryServer
from benchmarks.history_traffic import DAY_SECONDS, START, Size, legs
from benchmarks.report import Figure, MeasurementError, Options, Report
from testkit.memory_sampling import MemorySampling, Sample
from testkit.process_resources import cpu_seconds, resident_kib
from testkit.queries import fetch
from testkit.trend import Trend, fit

SIZE = Size(rows=10_000_000, days=1)
QUICK_SIZE = Size(rows=200_000, days=1)
WARM_UP_SECONDS = 8 * 3_600
"""Part of the day that is exported first; after about two million rows, memory is at its peak."""
SAMPLE_SECONDS = 0.5
KIB_PER_MIB = 1024
GOAL = "0 within two standard errors, or at most 1"
UNIT = "MiB/million rows"

_BOUNDS = """
SELECT count(*), extract(epoch FROM min(last_contact))::bigint,
       extract(epoch FROM max(last_contact))::bigint, count(DISTINCT icao24), count(longitude),
       sum(longitude), sum(state_vectors.baro_altitude::double precision)
FROM state_vectors
"""
_ALL_ROWS = "SELECT * FROM state_vectors ORDER BY last_contact, icao24"


class _Contents(NamedTuple):
    """Aggregates on which the file and the table must agree; times are Unix seconds."""

    rows: int
    first: int
    last: int
    aircraft: int
    positions: int
    longitudes: float
    altitudes: float

    def is_like(self, other: "_Contents") -> bool:
        """Whether all values are equal, and sums of floats are close: their order differs."""
        return self[:5] == other[:5] and all(
            math.isclose(one, another, rel_tol=1e-6, abs_tol=1e-3)
            for one, another in zip(self[5:], other[5:], strict=True)
        )


def run(options: Options) -> Report:
    """Export a day, measure the process that serves, and read the file back."""
    size = QUICK_SIZE if options.is_quick else SIZE
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as folder,
        history_server() as server,
        parts.migrated_database(server.dsn) as dsn,
        HistoryServer(dsn) as site,
    ):
        asyncio.run(copy_traffic(size, legs(size), [dsn], options.progress))
        asyncio.run(settle([dsn]))
        file = Path(folder) / "day.parquet"
        site.download(_path(WARM_UP_SECONDS), file)
        before = resident_kib(site.pid)
        options.progress(f"exporting {size.rows:,} rows")
        cpu = cpu_seconds(site.pid)
        with MemorySampling(site.pid, SAMPLE_SECONDS) as sampling:
            seconds = site.download(_path(size.days * DAY_SECONDS), file)
        cpu = cpu_seconds(site.pid) - cpu
        options.progress("the same rows by a bare COPY")
        bare_seconds = asyncio.run(_copy_bare(dsn, Path(folder) / "day.copy"))
        options.progress("reading the file")
        read, stored = _read(file), _Contents(*fetch(dsn, _BOUNDS)[0])
        if not read.is_like(stored):
            raise MeasurementError(f"the file has {read}, the table {stored}")
        bytes_written = file.stat().st_size
    figures = _figures(size, seconds, cpu, bytes_written, sampling.samples)
    figures += [
        Figure("bare COPY of the same rows into a file", "rows/s", [size.rows / bare_seconds]),
        Figure("bare COPY over the export, time", "ratio", [bare_seconds / seconds]),
    ]
    return Report(figures, _details(before, sampling.samples, read, size))


async def _copy_bare(dsn: str, file: Path) -> float:
    """Let the server write the same rows in its binary format, and return the seconds."""
    connection = await asyncpg.connect(dsn)
    try:
        started = time.monotonic()
        await connection.copy_from_query(_ALL_ROWS, output=file, format="binary")
        return time.monotonic() - started
    finally:
        await connection.close()


def _path(seconds: int) -> str:
    wanted = {"from": START, "to": START + seconds - 1, "format": "parquet"}
    return f"/api/history/state_vectors?{urlencode(wanted)}"


def _read(file: Path) -> _Contents:
    """Read the file with pyarrow."""
    columns = ["icao24", "last_contact", "longitude", "baro_altitude"]
    table = pq.read_table(file, columns=columns)
    bounds = pc.min_max(table["last_contact"]).as_py()
    return _Contents(
        rows=table.num_rows,
        first=_seconds(bounds["min"]),
        last=_seconds(bounds["max"]),
        aircraft=pc.count_distinct(table["icao24"]).as_py(),
        positions=pc.count(table["longitude"]).as_py(),
        longitudes=pc.sum(table["longitude"]).as_py(),
        altitudes=pc.sum(table["baro_altitude"].cast("float64")).as_py(),
    )


def _seconds(moment: dt.datetime) -> int:
    return int(moment.timestamp())


def memory_trend(samples: list[Sample], rows_per_second: float) -> Trend:
    """Return the growth of memory in MiB for a million rows, over the second half."""
    half = samples[len(samples) // 2 :]
    rows = [each.at * rows_per_second / 1e6 for each in half]
    mib = [each.anonymous_kib / KIB_PER_MIB for each in half]
    return fit(rows, mib)


def _figures(
    size: Size, seconds: float, cpu: float, bytes_written: int, samples: list[Sample]
) -> list[Figure]:
    grown, error = memory_trend(samples, size.rows / seconds)
    return [
        Figure("memory, slope over the second half", UNIT, [grown], GOAL),
        Figure("memory, standard error of the slope", UNIT, [error]),
        Figure(
            "memory while exporting (RssAnon)",
            "MiB",
            [each.anonymous_kib / KIB_PER_MIB for each in samples],
        ),
        Figure(
            "memory with programs while exporting (VmRSS)",
            "MiB",
            [each.resident_kib / KIB_PER_MIB for each in samples],
        ),
        Figure("speed", "rows/s", [size.rows / seconds]),
        Figure("server's processor time", "us/row", [1e6 * cpu / size.rows]),
        Figure("size", "bytes/row", [bytes_written / size.rows]),
    ]


def _details(before_kib: int, samples: list[Sample], read: _Contents, size: Size) -> dict[str, Any]:
    tenth = max(1, len(samples) // 10)
    return {
        "rows": size.rows,
        "rss_anon_mib_before": round(before_kib / KIB_PER_MIB, 1),
        "rss_anon_mib_by_tenths": [
            round(each.anonymous_kib / KIB_PER_MIB, 1) for each in samples[::tenth]
        ],
        "read_back": read._asdict(),
    }
