"""Read files of aircraft: OpenSky's aircraft database, old and new, and VRS' standing data."""

import codecs
import csv
import gzip
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import NamedTuple, Self

from processor.errors import FatalError
from processor.reference.identity import AircraftRecord

GZIP_MAGIC = b"\x1f\x8b"

MAX_LINES = 5_000_000
"""Bound of the lines of a file, ten times those of OpenSky's database."""

MAX_LINE_CHARACTERS = 65_536
"""Bound of a line, far above those of the known files."""

MAX_VALUE_CHARACTERS = 128
"""What is longer is no name of an aircraft, type or operator."""

REFUSALS_KEPT = 5
"""Refused lines that are described; all are counted."""

FIRST_YEAR, LAST_YEAR = 1903, 2100

FIELDS: Mapping[str, str] = {
    "icao24": "icao24",
    "icao": "icao24",
    "registration": "registration",
    "typecode": "type",
    "modelicao": "type",
    "model": "model",
    "manufacturername": "manufacturer",
    "manufacturer": "manufacturer",
    "operator": "operator",
    "operatoricao": "operator_icao",
    "airlinecode": "operator_icao",
    "operatorcallsign": "operator_radio_name",
    "serialnumber": "serial_number",
    "built": "year_built",
    "yearbuilt": "year_built",
    "isprivateoperator": "is_private",
}
"""The columns of the files in lower case, and what they hold. Other columns are passed over."""

NEEDED = frozenset({"icao24", "registration", "type"})


class UnusableFileError(FatalError):
    """A file cannot be imported; it must be another one, or corrected."""


class AircraftLine(NamedTuple):
    """One line of a file.

    Attributes:
        line: Its number, from 1.
        icao24: The address.
        record: What the line says of it.
    """

    line: int
    icao24: str
    record: AircraftRecord


class AircraftFile:
    """Reads a file line by line, and counts what it refuses.

    Attributes:
        n_refused: Lines that could not be read.
        n_empty: Lines that say nothing about their address.
        refusals: Why, for the first of them, with their numbers.
    """

    def __init__(self, path: Path) -> None:
        self.n_refused = 0
        self.n_empty = 0
        self.refusals: list[str] = []
        self._path = path
        self._quote = '"'
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        """Open the file.

        Raises:
            UnusableFileError: It cannot be opened.
        """
        try:
            self._raw: io.BufferedReader = self._closing.enter_context(self._path.open("rb"))
            self._bytes = max(1, self._path.stat().st_size)
        except OSError as error:
            raise UnusableFileError(f"{self._path} cannot be read: {error.strerror}") from error
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    @property
    def share(self) -> float:
        """How much of the file was read (0 to 1)."""
        place = os.lseek(self._raw.fileno(), 0, os.SEEK_CUR)
        return min(1.0, place / self._bytes)

    def lines(self) -> Iterator[AircraftLine]:
        """Yield the lines that say something.

        Raises:
            UnusableFileError: The file is none of the known kinds, too long, or damaged.
        """
        number = 1
        try:
            text = self._text()
            first = next(text, "")
            rows = csv.reader(chain([first], text), quotechar=self._quote)
            columns = self._columns(next(rows, []))
            for row in rows:
                number = rows.line_num
                if number > MAX_LINES:
                    raise self._unusable(number, f"more than {MAX_LINES:,} lines")
                found = self._line(number, row, columns)
                if found is not None:
                    yield found
        except (csv.Error, UnicodeDecodeError, EOFError, OSError) as error:
            raise self._unusable(number + 1, f"the file is damaged ({error})") from error

    def _text(self) -> Iterator[str]:
        """Yield the lines of the file, unpacked if it is compressed, and find out its quotes.

        Raises:
            EOFError: A line has no end where it should.
        """
        is_packed = self._raw.peek(len(GZIP_MAGIC)).startswith(GZIP_MAGIC)
        unpacked = gzip.GzipFile(fileobj=self._raw) if is_packed else self._raw
        # The newer files of OpenSky quote with apostrophes.
        if unpacked.peek(1).removeprefix(codecs.BOM_UTF8).startswith(b"'"):
            self._quote = "'"
        text = io.TextIOWrapper(unpacked, encoding="utf-8-sig", newline="")
        self._closing.enter_context(text)
        while line := text.readline(MAX_LINE_CHARACTERS):
            if len(line) == MAX_LINE_CHARACTERS:
                raise EOFError(f"a line has more than {MAX_LINE_CHARACTERS:,} characters")
            yield line

    def _columns(self, header: Sequence[str]) -> Sequence[str | None]:
        columns = [FIELDS.get(name.strip().lower()) for name in header]
        if not NEEDED.issubset(columns):
            raise self._unusable(
                1,
                "the header has not the columns of OpenSky's aircraft database (icao24,"
                " registration, typecode) or of VRS' standing data (ICAO, Registration, ModelICAO)",
            )
        return columns

    def _line(
        self, number: int, row: Sequence[str], columns: Sequence[str | None]
    ) -> AircraftLine | None:
        if len(row) != len(columns):
            self._refuse(number, f"{len(row)} columns, not {len(columns)}")
            return None
        cells = {name: text for name, text in zip(columns, map(_clean, row), strict=True) if name}
        icao24 = cells.pop("icao24").lower()
        if not any(cells.values()):
            self.n_empty += 1
            return None
        if len(icao24) != 6 or not set("0123456789abcdef").issuperset(icao24):  # noqa: PLR2004 - digits
            self._refuse(number, f"{icao24!r} is not an address of six hexadecimal digits")
            return None
        return AircraftLine(number, icao24, _record(cells))

    def _refuse(self, number: int, reason: str) -> None:
        self.n_refused += 1
        if len(self.refusals) < REFUSALS_KEPT:
            self.refusals.append(f"line {number}: {reason}")

    def _unusable(self, number: int, reason: str) -> UnusableFileError:
        return UnusableFileError(f"{self._path}, line {number}: {reason}; nothing was imported")


def _clean(text: str) -> str:
    """Return a value without blanks around it and characters that cannot be printed."""
    printable = "".join(filter(str.isprintable, text)).strip()
    return printable[:MAX_VALUE_CHARACTERS]


def _record(cells: Mapping[str, str]) -> AircraftRecord:
    is_private = cells.get("is_private") == "1"
    return AircraftRecord(
        registration=cells["registration"] or None,
        type=_code(cells["type"], 2, 4),
        model=cells.get("model") or None,
        manufacturer=cells.get("manufacturer") or None,
        operator=None if is_private else cells.get("operator") or None,
        operator_icao=_code(cells.get("operator_icao", ""), 3, 3),
        operator_radio_name=cells.get("operator_radio_name") or None,
        serial_number=cells.get("serial_number") or None,
        year_built=_year(cells.get("year_built", "")),
    )


def _code(text: str, shortest: int, longest: int) -> str | None:
    """Return a code of letters and digits in upper case, None for anything else."""
    is_code = shortest <= len(text) <= longest and text.isascii() and text.isalnum()
    return text.upper() if is_code else None


def _year(text: str) -> int | None:
    """Return the year with which a date begins, None for anything else."""
    year = text[:4]
    if not (year.isascii() and year.isdecimal()) or not FIRST_YEAR <= int(year) <= LAST_YEAR:
        return None
    return int(year)
