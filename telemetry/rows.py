"""The rows of a record of any encoding, as the JSON that the same rows have without a registry."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from telemetry.codec import MalformedMessageError

MAX_ROWS = 20_000
"""Bound of the rows of one record, more than the aircraft of the globe at one moment. A damaged
record could claim so many that their JSON would fill the memory."""

Row = Mapping[str, Any]
"""The fields of a state vector by name, not judged yet."""

_encoder = msgspec.json.Encoder()


class Rows(NamedTuple):
    """What a record holds.

    Attributes:
        rows: The rows in their order.
        is_one: Whether it is a record of one row rather than of an array.
    """

    rows: list[Row]
    is_one: bool

    def to_json(self) -> bytes:
        """Return a JSON object for a record of one row, else a JSON array of such objects."""
        rows = list(map(_finite, self.rows))
        return _encoder.encode(rows[0] if self.is_one else rows)


def check_count(n_rows: int) -> None:
    """Refuse more rows than a record may have.

    Raises:
        MalformedMessageError: With their number.
    """
    if n_rows > MAX_ROWS:
        raise MalformedMessageError(f"{n_rows:,} rows in one message: {MAX_ROWS:,} at the most")


def _finite(row: Row) -> Row:
    """Return a row in which text stands for each number that JSON has not, so that it is refused.

    The JSON encoder writes null for such a number, which means that a field was not received.
    """
    odd = {
        name: str(value)
        for name, value in row.items()
        if isinstance(value, float) and not math.isfinite(value)
    }
    return {**row, **odd} if odd else row
