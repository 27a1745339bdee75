"""Files are encoded with bounded memory, beside the event loop, and pages are always closed."""

import asyncio
import itertools
import json
import subprocess
import sys
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest

from processor.history.errors import InvalidRequestError, RetryLaterError
from processor.history.export.table import STATE_VECTORS, Row
from processor.history.export.write import FILE_FORMATS, MAX_CHUNK_BYTES, file_format, write
from testkit.services import ROOT
from testkit.state_vectors import START
from tests.unit.processor.history.export.invented import in_pages, moment, odd_rows, written

MILLION = 1_000_000
GROWTH_BYTES = 120 * 1024 * 1024
"""Memory for pyarrow itself, one row group and its compressed form."""

NAMES = pytest.mark.parametrize("name", FILE_FORMATS)


class Pages:
    """Pages that record whether they were closed."""

    def __init__(self, pages: int, error: Exception | None = None) -> None:
        self.is_closed = False
        self.given = 0
        self.is_under_way = asyncio.Event()
        self._pages = pages
        self._error = error

    async def __call__(self) -> AsyncGenerator[Sequence[Row], None]:
        """Yield the pages, and then raise the error."""
        try:
            for number in range(self._pages):
                self.given += 1
                if self.given == 10:
                    self.is_under_way.set()
                yield [row | {"last_contact": moment(START + number)} for row in odd_rows()]
            if self._error is not None:
                raise self._error
        finally:
            self.is_closed = True


@NAMES
async def test_the_end_closes_the_pages(name: str) -> None:
    """The file ends after all pages were read."""
    pages = Pages(3)
    assert [frame async for frame in write(name, STATE_VECTORS, pages())]
    assert (pages.given, pages.is_closed) == (3, True)


@NAMES
async def test_a_client_that_leaves_closes_the_pages(name: str) -> None:
    """Closing them closes their cursor and connection."""
    pages = Pages(200_000)
    writing = write(name, STATE_VECTORS, pages())
    await anext(writing)
    await writing.aclose()
    assert pages.is_closed
    assert pages.given < 200_000


@NAMES
async def test_cancelling_closes_the_pages(name: str) -> None:
    """Rows may be under encoding when it is cancelled."""
    pages = Pages(200_000)

    async def read() -> None:
        async for _ in write(name, STATE_VECTORS, pages()):
            pass

    reading = asyncio.create_task(read())
    await pages.is_under_way.wait()
    reading.cancel()
    await asyncio.wait([reading])
    assert reading.cancelled()
    assert pages.is_closed


@NAMES
async def test_an_error_before_the_first_page_comes_before_all_bytes(name: str) -> None:
    """The answer can then have an error status."""
    pages = Pages(0, RetryLaterError("away"))
    with pytest.raises(RetryLaterError):
        await anext(write(name, STATE_VECTORS, pages()))
    assert pages.is_closed


@NAMES
async def test_a_later_error_breaks_the_file_off(name: str) -> None:
    """No end is written that would make a part look complete."""
    frames: list[bytes] = []

    async def read() -> None:
        async for frame in write(name, STATE_VECTORS, Pages(2, RetryLaterError("away"))()):
            frames.append(frame)  # noqa: PERF401 - kept until the error

    with pytest.raises(RetryLaterError):
        await read()
    whole = [frame async for frame in write(name, STATE_VECTORS, Pages(2)())]
    assert b"".join(whole).startswith(b"".join(frames))


@NAMES
async def test_pages_make_no_difference(name: str) -> None:
    """The file is the same for any size of pages."""
    rows = [
        row | {"last_contact": moment(START + number), "icao24": f"{number:06x}"}
        for number, row in zip(range(1_600), itertools.cycle(odd_rows()), strict=False)
    ]
    assert await written(name, STATE_VECTORS, rows, 1_600) == await written(
        name, STATE_VECTORS, rows, 7
    )


async def test_chunks_are_bounded() -> None:
    """A large page gives several chunks."""
    sizes = [
        len(frame)
        async for frame in write("geojson", STATE_VECTORS, in_pages(odd_rows() * 900, 9_900))
    ]
    assert max(sizes) <= MAX_CHUNK_BYTES
    assert len(sizes) > 10


def test_an_unknown_format_is_named() -> None:
    """The error names the formats that exist."""
    with pytest.raises(
        InvalidRequestError, match="'xls' is not one of csv, geojson, kml"
    ) as raised:
        file_format("xls")
    assert raised.value.parameter == "format"


SCRIPT = """
import asyncio, datetime as dt, json, sys, time

class NoPandas:
    # pyarrow loads pandas (55 MB) if it is installed; the processor does not need it.
    def find_spec(self, name, path=None, target=None):
        if name == "pandas":
            raise ImportError(name)

sys.meta_path.insert(0, NoPandas())
from processor.history.export.table import STATE_VECTORS
from processor.history.export.write import write
from tests.unit.processor.history.export.invented import odd_rows

ROWS, PAGE = int(sys.argv[2]), 2_000
START = dt.datetime(2026, 9, 1, tzinfo=dt.UTC)

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

async def pages():
    known = odd_rows()[0]
    some = [
        [
            {**known, "icao24": f"{n:06x}", "last_contact": START + dt.timedelta(seconds=number)}
            for n in range(PAGE)
        ]
        for number in range(5)
    ]
    for number in range(ROWS // PAGE):
        yield some[number % len(some)]

async def main():
    size, before, peak, started = 0, resident(), 0, time.monotonic()
    async for chunk in write(sys.argv[1], STATE_VECTORS, pages()):
        size += len(chunk)
        peak = max(peak, resident())
    print(json.dumps({"bytes": size, "growth": peak - before, "s": time.monotonic() - started}))

asyncio.run(main())
"""


def _measure(name: str, rows: int) -> dict[str, Any]:
    measured = subprocess.run(
        [sys.executable, "-c", SCRIPT, name, str(rows)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(measured.stdout)
    return found


@pytest.mark.timeout(180)
@pytest.mark.parametrize("rows", [200_000, pytest.param(MILLION, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("name", ["csv", "parquet"])
def test_memory_does_not_grow_with_the_rows(name: str, rows: int) -> None:
    """The measured process does nothing else; a list of 200,000 rows would be 200 MB."""
    small, large = _measure(name, rows // 10), _measure(name, rows)
    assert large["bytes"] > 3 * small["bytes"]
    assert large["growth"] < GROWTH_BYTES
    assert large["growth"] < small["growth"] + 40 * 1024 * 1024
    assert large["s"] < 60
