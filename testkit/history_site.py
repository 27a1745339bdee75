"""The application over a real, migrated database, whose tables and live state a test fills."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import asyncpg
import httpx2
from pydantic import SecretStr

from configuration.shared_sections import AccessSettings
from processor.archive.instants import take_unix_seconds
from processor.archive.stored_values import STORED_FIELDS, to_stored_row
from processor.settings import (
    DatabaseSettings,
    HistorySettings,
    ProcessorSettings,
    SseSettings,
)
from telemetry.state_vector import FIELDS, StateVector
from testkit.application import LIVE, Application
from testkit.given_timescale import compress_stored
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
        """Send one GET request; a parameter may end in _ if its name is a keyword of Python."""
        query = {name.rstrip("_"): str(value) for name, value in parameters.items()}
        async with self.client(key) as client:
            return await client.get(path, params=query)

    async def store(self, *vectors: StateVector) -> None:
        """Insert state vectors into their table alone."""
        days = sorted({_day(vector.last_contact) for vector in vectors})
        await self._connection.execute("SELECT make_partitions($1::date[])", days)
        await self.insert("stored_state_vectors", STORED_FIELDS, list(map(to_stored_row, vectors)))

    async def store_minutes(self, *vectors: StateVector) -> None:
        """Insert the last state vector of each aircraft and minute into the table of minutes."""
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
        """Insert a flight; one with `last_seen` is over and counts as measured."""
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
        """Insert the traffic of a country in an hour."""
        columns = ("hour", "origin_country", "aircraft", "state_vectors")
        await self.insert("hourly_counts", columns, [(hour, country, aircraft, state_vectors)])

    async def insert(self, table: str, columns: Sequence[str], rows: Sequence[Any]) -> None:
        """Insert rows into a table; times are Unix seconds or datetimes."""
        await self._connection.copy_records_to_table(table, columns=columns, records=rows)
        await compress_stored(self.dsn)

    async def execute(self, statement: str, *arguments: object) -> None:
        """Run a SQL statement."""
        await self._connection.execute(statement, *arguments)


def track(
    icao24: str = "4b1814", count: int = 20, step: int = 10, **fields: object
) -> list[StateVector]:
    """Return state vectors of an aircraft that flies east, one each `step` seconds."""
    return [
        state_vector(icao24, START + n * step, **({"longitude": 8 + n / 100} | fields))
        for n in range(count)
    ]


def addresses(answer: httpx2.Response) -> list[str]:
    """Return the addresses of the items of the only list in an answer, in its order."""
    (items,) = (value for value in answer.json().values() if isinstance(value, list))
    return [item["icao24"] for item in items]


def _values(vector: StateVector, fields: Iterable[str]) -> tuple[object, ...]:
    return tuple(getattr(vector, field) for field in fields)


def _moment(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def _day(seconds: float) -> dt.date:
    return _moment(seconds).date()
