"""An empty database of one edition, for tests of what all editions promise."""

from typing import NamedTuple


class Place(NamedTuple):
    """An empty database, and of which kind it is."""

    dsn: str
    is_timescale: bool
