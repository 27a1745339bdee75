"""The application over a real, migrated database, whose tables and live state a test fills."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import asyncpg
import httpx2
from pydantic import SecretStr

from processor.archive.instants import take_unix_seconds
from processor.archive.unique_rows import to_rows
from processor.settings import (
    AccessSettings,
    DatabaseSettings,
    HistorySettings,
    ProcessorSettings,
    SseSettings,
)
from telemetry.state_vector import FIELDS, StateVector
from testkit.application import LIVE, Application
from testkit.state_vectors import START, state_vector

MINUTE, DAY = 60, 86_400
MINUTELY_FIELDS = tuple(name for name in FIELDS if name != "sensors")
SSE = SseSettings(drain_seconds=0)


class HistorySite(Application):
    """Serves what a test has stored; the live state is empty until `publish`.

    Args:
        dsn: The address of a migrated database, whose tables the test fills.
        history: The settings of the history; None is the defaults.
        access: The settings of access; None is the defaults.
        sse: The settings of streams.
    """

    def __init__(
        self,
        dsn: str,
        *,
        history: HistorySettings | None = None,
        access: AccessSettings | None = None,
        sse: SseSettings = SSE,
    ) -> None:
        super().__init__(
            ProcessorSettings(
                database=DatabaseSettings(url=SecretStr(dsn), connect_timeout_seconds=5),
                history=history or HistorySettings(),
                access=access or AccessSettings(),
                live=LIVE,
                sse=sse,
            )
        )
        self.dsn = dsn
        self._connection: asyncpg.Connection[asyncpg.Record]

    async def __aenter__(self) -> Self:
        self._connection = await asyncpg.connect(self.dsn)
        await take_unix_seconds(self._connection)
        self.open()
        self.start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()
        await self._connection.close()

    def client(self, key: str | None = None) -> httpx2.AsyncClient:
        """Return a client that sends a key; None sends none."""
        headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
        return httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=30)

    async def get(self, path: str, key: str | None = None, **parameters: object) -> httpx2.Response:
        """Ask once; a parameter's name may end in _ where Python wants that."""
        query = {name.rstrip("_"): str(value) for name, value in parameters.items()}
        async with self.client(key) as client:
            return await client.get(path, params=query)

    async def store(self, *vectors: StateVector) -> None:
        """Put state vectors into the table, and into no other."""
        days = sorted({_day(vector.last_contact) for vector in vectors})
        await self._connection.execute("SELECT make_partitions($1::date[])", days)
        await self.insert("state_vectors", FIELDS, to_rows(vectors))

    async def store_minutes(self, *vectors: StateVector) -> None:
        """Put the last of each aircraft and minute into the table of the minutes."""
        newest = {
            (vector.icao24, vector.last_contact // MINUTE): vector
            for vector in sorted(vectors, key=lambda vector: vector.last_contact)
        }
        counts = dict.fromkeys(newest, 0)
        for vector in vectors:
            counts[vector.icao24, vector.last_contact // MINUTE] += 1
        days = sorted({_day(vector.last_contact) for vector in vectors})
        await self._connection.execute("SELECT make_minutely_partitions($1::date[])", days)
        rows = [
            (minute * MINUTE, counts[icao24, minute], *_values(vector, MINUTELY_FIELDS))
            for (icao24, minute), vector in newest.items()
        ]
        await self.insert(
            "minutely_state_vectors", ("minute", "state_vectors", *MINUTELY_FIELDS), rows
        )

    async def store_flight(
        self, icao24: str = "4b1814", first_seen: float = START, **fields: object
    ) -> None:
        """Put a flight into the table; it is measured if `last_seen` is given."""
        values: Mapping[str, object] = {
            "icao24": icao24,
            "first_seen": _moment(first_seen),
            "callsign": "SWR7EA",
            "origin_country": "Switzerland",
            **fields,
        }
        await self.insert("flight_legs", tuple(values), [tuple(values.values())])

    async def store_hour(
        self, hour: int, country: str | None, aircraft: int, state_vectors: int
    ) -> None:
        """Put an hour's traffic of a country into the table."""
        columns = ("hour", "origin_country", "aircraft", "state_vectors")
        await self.insert("hourly_counts", columns, [(hour, country, aircraft, state_vectors)])

    async def insert(self, table: str, columns: Sequence[str], rows: Sequence[Any]) -> None:
        """Put rows into any table; times are Unix seconds or datetimes."""
        await self._connection.copy_records_to_table(table, columns=columns, records=rows)

    async def execute(self, statement: str, *arguments: object) -> None:
        """Run a statement."""
        await self._connection.execute(statement, *arguments)


def track(
    icao24: str = "4b1814", count: int = 20, step: int = 10, **fields: object
) -> list[StateVector]:
    """Return state vectors of an aircraft that flies to the east, unless fields say otherwise."""
    return [
        state_vector(icao24, START + n * step, **({"longitude": 8 + n / 100} | fields))
        for n in range(count)
    ]


def addresses(answer: httpx2.Response) -> list[str]:
    """Return the addresses of a list's items, in its order."""
    (items,) = (value for value in answer.json().values() if isinstance(value, list))
    return [item["icao24"] for item in items]


def _values(vector: StateVector, fields: Iterable[str]) -> tuple[object, ...]:
    return tuple(getattr(vector, field) for field in fields)


def _moment(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def _day(seconds: float) -> dt.date:
    return _moment(seconds).date()
