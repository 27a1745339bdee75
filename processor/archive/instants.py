"""Let a connection take times as Unix seconds, without converting them to datetimes."""

import datetime as dt

import asyncpg

_EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_EPOCH_UNIX_SECONDS = int(_EPOCH.timestamp())
_MICROSECOND = dt.timedelta(microseconds=1)
_MAX_KNOWN = 10_000


class _Instants(dict[int | dt.datetime, tuple[int]]):
    """A cache of PostgreSQL's microseconds since 2000, by Unix seconds or datetime.

    The thousands of rows of a poll have a few hundred different times, so most are cached.
    """

    def __missing__(self, moment: int | dt.datetime) -> tuple[int]:
        if isinstance(moment, dt.datetime):
            return ((moment - _EPOCH) // _MICROSECOND,)
        if len(self) >= _MAX_KNOWN:
            self.clear()
        known = self[moment] = ((moment - _EPOCH_UNIX_SECONDS) * 1_000_000,)
        return known


async def take_unix_seconds(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Let a connection take both Unix seconds and datetimes for timestamptz."""
    await connection.set_type_codec(
        "timestamptz",
        schema="pg_catalog",
        encoder=_Instants().__getitem__,
        decoder=lambda value: _EPOCH + value[0] * _MICROSECOND,
        format="tuple",
    )
