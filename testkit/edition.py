"""An empty database of one edition, for tests of what all editions promise."""

from typing import NamedTuple


class Place(NamedTuple):
    """An empty database, and its edition."""

    dsn: str
    is_timescale: bool
