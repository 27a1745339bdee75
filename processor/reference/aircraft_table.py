"""The packaged table of aircraft by transponder address.

It is made from Virtual Radar Server's standing data (CC0, https://www.virtualradarserver.co.uk).
"""

from bisect import bisect_left
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from processor.reference.identity import AircraftRecord
from processor.reference.packaged import read_lines

AIRCRAFT = Path(__file__).with_name("aircraft.tsv.gz")

VERSION = 1
"""Raised with each change of the packaged table, so that databases load it again."""

COLUMNS = (
    "icao24",
    "registration",
    "type",
    "model",
    "manufacturer",
    "operator",
    "operator_icao",
    "serial_number",
    "year_built",
)
"""The columns of the packaged table, in its order."""


def packaged_aircraft(icao24: str) -> AircraftRecord | None:
    """Return what the packaged table says of an address, None if it is not there."""
    lines = _lines()
    at = bisect_left(lines, icao24)
    if at == len(lines) or not lines[at].startswith(icao24):
        return None
    return _record(lines[at])


def all_packaged_aircraft() -> Iterator[tuple[str, AircraftRecord]]:
    """Yield every address of the packaged table with its record, ascending."""
    for line in _lines():
        yield line.partition("\t")[0], _record(line)


@cache
def _lines() -> list[str]:
    """Return the lines, which are sorted by address; a record of each would take more memory."""
    return read_lines(AIRCRAFT)


def _record(line: str) -> AircraftRecord:
    _, registration, type_, model, manufacturer, operator, code, serial, year = line.split("\t")
    return AircraftRecord(
        registration=registration or None,
        type=type_ or None,
        model=model or None,
        manufacturer=manufacturer or None,
        operator=operator or None,
        operator_icao=code or None,
        serial_number=serial or None,
        year_built=int(year) if year else None,
    )
