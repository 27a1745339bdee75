"""An empty database of one edition, for tests of what all editions promise."""

from typing import NamedTuple

from testkit.queries import fetch_value


class Place(NamedTuple):
    """An empty database, and its edition."""

    dsn: str
    is_timescale: bool

    @property
    def has_columnstore(self) -> bool:
        """Whether it is TimescaleDB Community, as the server of TIMESCALE_URL may be."""
        return has_columnstore(self.dsn)


def has_columnstore(dsn: str) -> bool:
    """Whether the server is TimescaleDB Community."""
    setting = "SELECT current_setting('timescaledb.license', TRUE)"
    return bool(fetch_value(dsn, setting) == "timescale")
