"""What a fault does to a picture: rows taken away, added or spoilt."""

import json
import math
from collections.abc import Callable

from simulator.chance import unit
from simulator.faults import Fault, Kind, Strike
from simulator.picture import (
    CALLSIGN,
    COLUMNS,
    EXTENDED_COLUMNS,
    ICAO24,
    LAST_CONTACT,
    LATITUDE,
    ON_GROUND,
    POSITION_SOURCE,
    SPI,
    TIME_POSITION,
    VELOCITY,
    Picture,
    Row,
)

_UNUSED_ADDRESSES = 0xF00000  # no country has them
_CONTROL_CHARACTERS = "\x00\x07\x1b[2J\n"
_AHEAD = 3600  # seconds


def damaged(picture: Picture, strikes: list[Strike]) -> Picture:
    """Return the picture after the strikes, in their order; the given one stays whole."""
    time, rows = picture.time, picture.rows
    for strike in strikes:
        if strike.fault.kind is Kind.TIME_AHEAD:
            time += _seconds_ahead(strike.fault)
        change = _CHANGES.get(strike.fault.kind)
        if change and rows is not None:
            rows = change(rows, strike.fault)
    return Picture(time, rows)


def encode_anything(picture: Picture, *, extended: bool) -> bytes:
    """Encode a damaged picture: NaN stays NaN and columns beyond the last are kept."""
    columns = EXTENDED_COLUMNS if extended else COLUMNS
    rows = [row if len(row) > EXTENDED_COLUMNS else row[:columns] for row in picture.rows or ()]
    answer = {"time": picture.time, "states": rows or None}
    return json.dumps(answer, separators=(",", ":")).encode()


def _collapse(rows: list[Row], fault: Fault) -> list[Row]:
    return [row for row in rows if unit(fault.seed, int(str(row[ICAO24]), 16)) < fault.share]


def _empty(_rows: list[Row], _fault: Fault) -> list[Row]:
    return []


def _multiply(rows: list[Row], fault: Fault) -> list[Row]:
    """Repeat the rows under unassigned addresses until there are enough."""
    more = list(rows[: fault.rows])
    for place in range(len(more), fault.rows if rows else 0):
        row = list(rows[place % len(rows)])
        row[ICAO24] = f"{_UNUSED_ADDRESSES + place:06x}"
        more.append(row)
    return more


def _spoil(spoil: Callable[[Row], None]) -> Callable[[list[Row], Fault], list[Row]]:
    """Return a change that spoils a copy of one row in `every`, beginning with the first."""

    def change(rows: list[Row], fault: Fault) -> list[Row]:
        rows = list(rows)
        for place in range(0, len(rows), fault.every):
            rows[place] = list(rows[place])
            spoil(rows[place])
        return rows

    return change


def _set_nan(row: Row) -> None:
    row[VELOCITY] = math.nan


def _leave_the_earth(row: Row) -> None:
    row[LATITUDE] = 91


def _add_column(row: Row) -> None:
    row.extend([0] * (EXTENDED_COLUMNS - len(row)))
    row.append("unexpected")


def _set_control_characters(row: Row) -> None:
    row[CALLSIGN] = _CONTROL_CHARACTERS


def _seconds_ahead(fault: Fault) -> int:
    return int(fault.duration(_AHEAD, request=0))


def _move_ahead(row: Row, fault: Fault) -> None:
    for column in (TIME_POSITION, LAST_CONTACT):
        recorded = row[column]
        if isinstance(recorded, int):
            row[column] = recorded + _seconds_ahead(fault)


def _all_ahead(rows: list[Row], fault: Fault) -> list[Row]:
    rows = [list(row) for row in rows]
    for row in rows:
        _move_ahead(row, fault)
    return rows


def _one_ahead(rows: list[Row], fault: Fault) -> list[Row]:
    return _spoil(lambda row: _move_ahead(row, fault))(rows, fault)


def _set_null_flags(row: Row) -> None:
    for column in (ON_GROUND, SPI, POSITION_SOURCE):
        row[column] = None


_CHANGES: dict[Kind, Callable[[list[Row], Fault], list[Row]]] = {
    Kind.COVERAGE_COLLAPSE: _collapse,
    Kind.STATES_NULL: _empty,
    Kind.OVERSIZE: _multiply,
    Kind.NAN: _spoil(_set_nan),
    Kind.LATITUDE_91: _spoil(_leave_the_earth),
    Kind.EXTRA_COLUMN: _spoil(_add_column),
    Kind.CONTROL_CHARACTERS: _spoil(_set_control_characters),
    Kind.TIME_AHEAD: _all_ahead,
    Kind.FUTURE_ROW: _one_ahead,
    Kind.NULL_FLAGS: _spoil(_set_null_flags),
}
