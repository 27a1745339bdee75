"""Parquet files are read back by pyarrow and by pandas, with types and bounded row groups."""

import io
import math
import subprocess
import sys
from typing import Any

import pandas as pd  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from pyarrow import parquet as pq

from processor.history.export.parquet import GROUP_ROWS, ParquetFile, schema_of
from processor.history.export.table import ATTRIBUTION, FLIGHTS, STATE_VECTORS, Table
from testkit.services import ROOT
from testkit.state_vectors import START
from tests.unit.processor.history.export.invented import flight_rows, moment, odd_rows, written


@pytest.mark.parametrize(("table", "rows"), [(STATE_VECTORS, odd_rows()), (FLIGHTS, flight_rows())])
async def test_what_is_read_equals_the_rows(table: Table, rows: list[dict[str, Any]]) -> None:
    """The values are exactly equal, because the file has single precision too."""
    found = pq.read_table(io.BytesIO(await written("parquet", table, rows)))
    assert found.schema.equals(schema_of(table), check_metadata=False)
    assert found.to_pylist() == rows


async def test_metadata() -> None:
    """The file has types, units and the attribution."""
    schema = pq.read_schema(io.BytesIO(await written("parquet", STATE_VECTORS, odd_rows())))
    assert schema.metadata[b"attribution"] == ATTRIBUTION.encode()
    assert schema.field("velocity").metadata[b"unit"] == b"m/s"
    assert schema.field("velocity").type == pa.float32()
    assert schema.field("longitude").type == pa.float64()
    assert schema.field("last_contact").type == pa.timestamp("us", tz="UTC")
    assert schema.field("sensors").type.value_type == pa.int32()


async def test_pandas_reads_it() -> None:
    """Pandas needs no types."""
    rows = odd_rows()
    frame = pd.read_parquet(io.BytesIO(await written("parquet", STATE_VECTORS, rows)))
    assert frame["callsign"].tolist()[:5] == [row["callsign"] for row in rows][:5]
    assert frame["last_contact"].tolist() == [row["last_contact"] for row in rows]
    assert frame["baro_altitude"].isna().tolist() == [row["baro_altitude"] is None for row in rows]


def test_row_groups_are_written_when_they_are_full() -> None:
    """All but the last have one size, whatever the size of pages; only texts use a dictionary."""
    writer = ParquetFile(STATE_VECTORS)
    size = 7_000
    page = [odd_rows()[0] | {"last_contact": moment(START + n)} for n in range(size)]
    frames = [writer.begin(), *(writer.add(page) for _ in range(20)), writer.end()]
    assert [bool(frame) for frame in frames].count(True) == 4
    found = pq.ParquetFile(io.BytesIO(b"".join(frames)))
    groups = [found.metadata.row_group(number) for number in range(found.num_row_groups)]
    assert [group.num_rows for group in groups] == [GROUP_ROWS, GROUP_ROWS, 20 * size % GROUP_ROWS]
    assert (
        found.read().column("last_contact").to_pylist()
        == [row["last_contact"] for row in page] * 20
    )
    column = groups[0].column(1)
    assert (column.compression, "RLE_DICTIONARY" in column.encodings) == ("ZSTD", True)


async def test_no_rows_are_a_file_with_columns() -> None:
    """The file is read as an empty table."""
    found = pq.read_table(io.BytesIO(await written("parquet", STATE_VECTORS, [])))
    assert (found.num_rows, found.column_names) == (0, list(STATE_VECTORS.names))


async def test_nan_is_null() -> None:
    """Every other format does the same."""
    rows = [odd_rows()[0] | {"velocity": math.nan, "latitude": math.nan}]
    (found,) = pq.read_table(io.BytesIO(await written("parquet", STATE_VECTORS, rows))).to_pylist()
    assert (found["velocity"], found["latitude"]) == (None, None)


def test_pyarrow_is_loaded_by_the_first_export_only() -> None:
    """Loading it takes 40 MB and a quarter of a second."""
    script = (
        "import sys, processor.http.history.export_routes, processor.http.history.download;"
        "print(any(name.startswith('pyarrow') for name in sys.modules))"
    )
    asked = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert asked.stdout.strip() == "False"
