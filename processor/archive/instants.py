"""Times for PostgreSQL: Unix seconds as they are, without a datetime in between."""

import datetime as dt

import asyncpg

_EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_EPOCH_UNIX_SECONDS = int(_EPOCH.timestamp())
_MICROSECOND = dt.timedelta(microseconds=1)
_MAX_KNOWN = 10_000


class _Instants(dict[int | dt.datetime, tuple[int]]):
    """PostgreSQL's microseconds since 2000, by Unix seconds or datetime.

    A poll has a few hundred different times for its thousands of rows, so most are known.
    """

    def __missing__(self, moment: int | dt.datetime) -> tuple[int]:
        if isinstance(moment, dt.datetime):
            return ((moment - _EPOCH) // _MICROSECOND,)
        if len(self) >= _MAX_KNOWN:
            self.clear()
        known = self[moment] = ((moment - _EPOCH_UNIX_SECONDS) * 1_000_000,)
        return known


async def take_unix_seconds(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Let a connection take Unix seconds, and datetimes still, for timestamptz."""
    await connection.set_type_codec(
        "timestamptz",
        schema="pg_catalog",
        encoder=_Instants().__getitem__,
        decoder=lambda value: _EPOCH + value[0] * _MICROSECOND,
        format="tuple",
    )
