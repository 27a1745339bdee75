"""Write the table of airports that comes with the program, from Virtual Radar Server's file.

Run `python -m testkit.airports_table SOURCE` after a change of the source, a file `airports.csv`
of https://github.com/vradarserver/standing-data (CC0).
"""

import csv
import gzip
import io
import sys
from pathlib import Path

from processor.reference.airports import COLUMNS, TABLE

SOURCE_NAMES = dict(
    zip(
        COLUMNS,
        ("ICAO", "IATA", "Name", "Location", "CountryISO2", "Latitude", "Longitude"),
        strict=False,
    )
)
FEET = "AltitudeFeet"
DEGREE_DIGITS = 5
"""A metre; the source has six digits."""


def make_table(source: str) -> bytes:
    """Return the table, made of the text of the source.

    Airports without an ICAO code are left out, because flights name airports by it.
    """
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    rows = (row for row in csv.DictReader(io.StringIO(source)) if row["ICAO"])
    for row in sorted(rows, key=lambda row: row["ICAO"]):
        texts = [row[SOURCE_NAMES[name]] for name in COLUMNS[:5]]
        degrees = [f"{float(row[SOURCE_NAMES[name]]):.{DEGREE_DIGITS}f}" for name in COLUMNS[5:7]]
        writer.writerow([*texts, *degrees, row[FEET]])
    return gzip.compress(table.getvalue().encode(), mtime=0)


if __name__ == "__main__":
    TABLE.write_bytes(make_table(Path(sys.argv[1]).read_text(encoding="utf-8-sig")))
