"""The history served over a real, migrated database, with a living picture beside it."""

import asyncio
import datetime as dt
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import asyncpg
import httpx2
from prometheus_client import CollectorRegistry

from configuration.settings import AccessSettings, HistorySettings, SseSettings
from processor.access.gate import create_gate
from processor.archive.instants import take_unix_seconds
from processor.archive.unique_rows import to_rows
from processor.halves import lifetime_of, limits_of
from processor.history.database import HistoryDatabase
from processor.http.app import create_app
from processor.http.dependencies import Routes
from processor.http.history.routes import history_routes
from processor.http.server.server import Server, create_server, listen
from processor.live.broadcaster import Broadcaster
from processor.live.metrics import LiveMetrics
from processor.stream.live_state import LiveState, Update
from processor.stream.log_position import LogPosition
from telemetry.state_vector import FIELDS, StateVector
from testkit.state_vectors import START, state_vector

EXPIRY_SECONDS = 300
MINUTE, DAY = 60, 86_400
MINUTELY_FIELDS = tuple(name for name in FIELDS if name != "sensors")

MoreRoutes = Callable[["HistorySite"], Iterable[Routes]]

BEGINNING = LogPosition("log", (0,))


class HistorySite:
    """Serves what the test has stored; clock and living picture are in its hand.

    Attributes:
        now: The time that it is (Unix seconds).
        database: As the routes have it.
        broadcaster: Of the living picture, empty until `publish`.
        gate: What is before all routes.

    Args:
        dsn: A migrated database, which tables are filled in.
        more_routes: Makes others beside those of the history.
    """

    def __init__(
        self,
        dsn: str,
        *,
        history: HistorySettings | None = None,
        access: AccessSettings | None = None,
        more_routes: MoreRoutes = lambda _site: (),
    ) -> None:
        self.now = float(START)
        self.dsn = dsn
        self.settings = history or HistorySettings()
        self.gate = create_gate(access or AccessSettings())
        self.registry = CollectorRegistry()
        self.metrics = LiveMetrics(self.registry)
        self.database = HistoryDatabase(
            url=dsn,
            max_connections=self.settings.max_connections,
            connect_timeout_seconds=5,
            statement_timeout_seconds=self.settings.statement_timeout_seconds,
        )
        self.broadcaster = Broadcaster(
            metrics=self.metrics,
            limits=limits_of(SseSettings()),
            lifetime=lifetime_of(SseSettings(drain_seconds=0)),
            clock=lambda: self.now,
        )
        self._more_routes = more_routes
        self._received = 0
        self._connection: asyncpg.Connection[asyncpg.Record]
        self._server: Server
        self._serving: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        self._connection = await asyncpg.connect(self.dsn)
        await take_unix_seconds(self._connection)
        self._open_picture()
        listener = listen("127.0.0.1", 0, write_deadline_seconds=30)
        # As uvloop does; without, each answer waits 40 ms for an acknowledgement.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._server = create_server(self._make_app(), trusted_proxies=["127.0.0.1"])
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.broadcaster.close()
        self._server.should_exit = True
        await self._serving
        await self.database.close()
        await self._connection.close()

    def _make_app(self) -> Any:  # noqa: ANN401 - FastAPI's own type is the server's business
        routes = history_routes(
            database=self.database,
            broadcaster=self.broadcaster,
            gate=self.gate,
            settings=self.settings,
            expiry_seconds=EXPIRY_SECONDS,
            registry=self.registry,
            clock=lambda: self.now,
        )
        return create_app(routers=[routes, *self._more_routes(self)], allowed_origins=())

    def _open_picture(self, beginning: LogPosition = BEGINNING) -> None:
        """Show the live state of a log that is read from a position on; the former is forgotten."""
        self._tracker = LiveState(
            start=beginning,
            resumable_after=beginning,
            expiry_seconds=EXPIRY_SECONDS,
            resume_window_seconds=EXPIRY_SECONDS,
            clock=lambda: self.now,
        )
        self.broadcaster.begin(self._tracker)
        self.broadcaster.open()

    def client(self, key: str | None = None) -> httpx2.AsyncClient:
        """Make a client, of whoever has the key."""
        headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
        return httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=30)

    async def get(self, path: str, key: str | None = None, **parameters: object) -> httpx2.Response:
        """Ask once; a parameter's name may end in _ where Python wants that."""
        query = {name.rstrip("_"): str(value) for name, value in parameters.items()}
        async with self.client(key) as client:
            return await client.get(path, params=query)

    def publish(self, *vectors: StateVector) -> None:
        """Put state vectors into the living picture, and not into the database."""
        first = self._received
        self._received += len(vectors)
        updates = [Update(0, first + number, vector) for number, vector in enumerate(vectors)]
        self._tracker.apply(updates)
        self.broadcaster.tick()

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
