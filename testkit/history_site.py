"""The history served over a real, migrated database, with a live stream beside it."""

import asyncio
import datetime as dt
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import asyncpg
import httpx2
from prometheus_client import CollectorRegistry

from processor.access.gate import create_gate
from processor.archive.instants import take_unix_seconds
from processor.archive.unique_rows import to_rows
from processor.history.database import HistoryDatabase
from processor.http.app import create_app
from processor.http.dependencies import Routes
from processor.http.history.routes import history_routes
from processor.http.server.server import Server, create_server, listen
from processor.live.broadcaster import Broadcaster
from processor.live.fleet import Fleet, Update
from processor.live.metrics import LiveMetrics
from processor.live_half import lifetime_of, limits_of
from processor.settings import AccessSettings, HistorySettings, SseSettings
from processor.stream.log_position import LogPosition
from telemetry.state_vector import FIELDS, StateVector
from testkit.state_vectors import START, state_vector

EXPIRY_SECONDS = 300
MINUTE, DAY = 60, 86_400
MINUTELY_FIELDS = tuple(name for name in FIELDS if name != "sensors")

MoreRoutes = Callable[["HistorySite"], Iterable[Routes]]

BEGINNING = LogPosition("log", (0,))


class HistorySite:
    """Serves what a test has stored; the test sets the clock and the live state.

    Attributes:
        now: The time of the site (Unix seconds).
        database: The connections of the routes.
        broadcaster: The live stream, which is empty until `publish`.
        gate: Admits the clients of all routes.

    Args:
        dsn: The address of a migrated database, whose tables the test fills.
        history: The settings of the history; None is the defaults.
        access: The settings of access; None is the defaults.
        more_routes: Makes further routes beside those of the history.
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
        self._open_live_state()
        listener = listen("127.0.0.1", 0, write_deadline_seconds=30)
        # uvloop sets it too. Without it, each answer waits 40 ms for an acknowledgement.
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

    def _open_live_state(self, beginning: LogPosition = BEGINNING) -> None:
        """Serve the live state of a log that is read from a position on, not the former one."""
        self._tracker = Fleet(
            start=beginning,
            resumable_after=beginning,
            expiry_seconds=EXPIRY_SECONDS,
            resume_window_seconds=EXPIRY_SECONDS,
            clock=lambda: self.now,
        )
        self.broadcaster.begin(self._tracker)
        self.broadcaster.open()

    def client(self, key: str | None = None) -> httpx2.AsyncClient:
        """Return a client that sends a key; None sends none."""
        headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
        return httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=30)

    async def get(self, path: str, key: str | None = None, **parameters: object) -> httpx2.Response:
        """Send one GET request; a parameter may end in _ if its name is a keyword of Python."""
        query = {name.rstrip("_"): str(value) for name, value in parameters.items()}
        async with self.client(key) as client:
            return await client.get(path, params=query)

    def publish(self, *vectors: StateVector) -> None:
        """Apply state vectors to the live state, but do not store them."""
        first = self._received
        self._received += len(vectors)
        updates = [Update(0, first + number, vector) for number, vector in enumerate(vectors)]
        self._tracker.apply(updates)
        self.broadcaster.tick()

    async def store(self, *vectors: StateVector) -> None:
        """Insert state vectors into their table alone."""
        days = sorted({_day(vector.last_contact) for vector in vectors})
        await self._connection.execute("SELECT make_partitions($1::date[])", days)
        await self.insert("state_vectors", FIELDS, to_rows(vectors))

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
