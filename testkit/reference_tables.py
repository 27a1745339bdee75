"""Makes the packaged tables of aircraft, airlines and address blocks from standing data.

`python -m testkit.reference_tables FOLDER` reads the CSV files of Virtual Radar Server's standing
data (CC0) and writes the compact ones of processor/reference. Raise `VERSION` in
processor/reference/aircraft_table.py when their content changes.
"""

import csv
import gzip
import io
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from processor.reference.address_blocks import BLOCKS
from processor.reference.aircraft_table import AIRCRAFT, COLUMNS
from processor.reference.airlines import AIRLINES

LAST_ADDRESS = 0xFFFFFF
NO_COUNTRY = "ZZ"
PRIVATE = "Private"

Row = Mapping[str, str]
Block = tuple[int, int, str, str]
"""First and last address, "1" if military, and the country's name; empty for none."""


def main(folder: Path) -> None:
    """Write the three files."""
    with gzip.open(folder / "aircraft_vrs.csv.gz", "rt", encoding="utf-8-sig") as lines:
        aircraft = sorted(map(_aircraft, csv.DictReader(lines)))
    _write(AIRCRAFT, [COLUMNS, *aircraft])
    airlines = sorted({(row["ICAO"], row["Name"]) for row in _rows(folder, "airlines")})
    _write(AIRLINES, [("icao", "name"), *(pair for pair in airlines if pair[0])])
    countries = {row["ISO"]: row["Name"] for row in _rows(folder, "countries")}
    countries[NO_COUNTRY] = ""
    blocks = disjoint(_rows(folder, "icao24_code_blocks"), countries)
    named = [(f"{first:06x}", f"{last:06x}", *rest) for first, last, *rest in blocks]
    _write(BLOCKS, [("first", "last", "military", "country"), *named])


def disjoint(rows: Iterable[Row], countries: Mapping[str, str]) -> Iterator[Block]:
    """Yield blocks that do not overlap, ascending: of nested blocks the smallest counts."""
    blocks = [
        (
            int(row["Start"], 16),
            int(row["Finish"], 16),
            row["IsMilitary"],
            countries[row["CountryISO2"]],
        )
        for row in rows
    ]
    edges = sorted({edge for first, last, *_ in blocks for edge in (first, last + 1)})
    largest_first = sorted(blocks, key=lambda block: block[0] - block[1])
    merged: list[Block] = []
    for first, following in zip(edges, [*edges[1:], LAST_ADDRESS + 1], strict=True):
        around = [block for block in largest_first if block[0] <= first <= block[1]]
        if not around:
            continue
        _, _, military, country = around[-1]
        if merged and merged[-1][1:] == (first - 1, military, country):
            merged[-1] = (merged[-1][0], following - 1, military, country)
        else:
            merged.append((first, following - 1, military, country))
    return (block for block in merged if block[2] == "1" or block[3])


def _aircraft(row: Row) -> tuple[str, ...]:
    operator = "" if row["IsPrivateOperator"] == "1" else row["Operator"]
    return (
        row["ICAO"].lower(),
        row["Registration"],
        row["ModelICAO"],
        row["Model"],
        row["Manufacturer"],
        operator,
        row["AirlineCode"],
        row["SerialNumber"],
        row["YearBuilt"],
    )


def _rows(folder: Path, name: str) -> Iterator[Row]:
    text = (folder / f"{name}_vrs.csv").read_text(encoding="utf-8-sig")
    yield from csv.DictReader(io.StringIO(text))


def _write(path: Path, rows: Iterable[Sequence[str]]) -> None:
    text = "".join("\t".join(cell.strip() for cell in row) + "\n" for row in rows)
    # Without a time in the header the same rows give the same file.
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
