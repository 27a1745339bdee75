"""An invented log that a live stream and an archive read independently, with a fast clock."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from random import Random
from typing import Self

import asyncpg
from prometheus_client import CollectorRegistry

from processor.access.gate import Gate
from processor.access.slots import SlotLimits
from processor.access.tickets import Tickets
from processor.archive.instants import take_unix_seconds
from processor.archive.stored_values import STORED_FIELDS, to_stored_row
from processor.history.database import HistoryDatabase
from processor.http.app import create_app
from processor.http.server.server import create_server, listen
from processor.http.stream.routes import stream_routes
from processor.live.broadcaster import Broadcaster
from processor.live.connection_limits import ConnectionLimits
from processor.live.fleet import Fleet, Update
from processor.live.lifetime import Lifetime
from processor.live.metrics import LiveMetrics
from processor.message import LogIdentity
from processor.replay.session import Replay, ReplayLimits
from processor.settings import SseSettings
from processor.stream.log_position import LogPosition, epoch_of
from telemetry.state_vector import StateVector
from testkit.state_vectors import START, state_vector

EXPIRY_SECONDS = 60
PARTITIONS = 3
IDENTITY = LogIdentity("cluster", "telemetry.raw", "topic", PARTITIONS)
STORE_OFFSET = """
    INSERT INTO ingest_offsets
        (cluster_id, topic, partition, topic_id, ledger_start, next_offset, epoch, owner)
    VALUES ($1, $2, $3, $4, 0, $5, 1, 'test')
    ON CONFLICT (cluster_id, topic, partition) DO UPDATE SET next_offset = excluded.next_offset
"""


def history_of(url: str) -> HistoryDatabase:
    """Return connections to the history of a database."""
    return HistoryDatabase(
        url=url, max_connections=8, connect_timeout_seconds=10, statement_timeout_seconds=30
    )


async def store(url: str, vectors: Sequence[StateVector]) -> None:
    """Store state vectors in the table, without a log."""
    connection = await asyncpg.connect(url)
    await take_unix_seconds(connection)
    try:
        await _make_partitions(connection, [state.last_contact for state in vectors])
        await connection.copy_records_to_table(
            "stored_state_vectors", records=map(to_stored_row, vectors), columns=STORED_FIELDS
        )
    finally:
        await connection.close()


async def _make_partitions(connection: asyncpg.Connection, times: Sequence[int]) -> None:
    days = sorted({time_ // 86_400 for time_ in times})
    statement = (
        "SELECT make_partitions(ARRAY(SELECT date '1970-01-01' + d FROM unnest($1::int[]) d))"
    )
    await connection.execute(statement, days)


class HistoryLog:
    """Publishes state vectors to the live stream at once, and stores them when the test says so.

    Args:
        url: The address of a migrated database.
        speed: How many seconds of the clock pass in one second.
        replays: How many replays may be open at a time.
    """

    def __init__(self, url: str, *, speed: float = 20, replays: int = 100) -> None:
        self._url = url
        self._speed = speed
        self._begun_at = time.monotonic()
        self.registry = CollectorRegistry()
        metrics = self._metrics = LiveMetrics(self.registry)
        self.broadcaster = Broadcaster(
            metrics=metrics,
            limits=ConnectionLimits(subscribers=1000, per_address=1000, per_principal=1000),
            lifetime=Lifetime(retry_ms=1000, max_age_seconds=3600, drain_seconds=0),
            clock=self.clock,
        )
        beginning = LogPosition(epoch_of(IDENTITY), (0,) * PARTITIONS)
        self.tracker = Fleet(
            start=beginning,
            resumable_after=beginning,
            expiry_seconds=EXPIRY_SECONDS,
            resume_window_seconds=EXPIRY_SECONDS,
            clock=self.clock,
        )
        self.database = history_of(url)
        self.replay = Replay(
            broadcaster=self.broadcaster,
            database=self.database,
            limits=ReplayLimits(
                places=SlotLimits(replays, per_principal=replays, per_address=replays),
                window_days=31,
                heartbeat_seconds=1,
                expiry_seconds=EXPIRY_SECONDS,
            ),
            clock=self.clock,
        )
        self.published: list[StateVector] = []
        self._logs: dict[int, list[StateVector]] = defaultdict(list)
        self._stored = [0] * PARTITIONS
        self._connection: asyncpg.Connection

    async def __aenter__(self) -> Self:
        self._connection = await asyncpg.connect(self._url)
        await take_unix_seconds(self._connection)
        await _make_partitions(self._connection, [START - 86_400, START, START + 86_400])
        self.broadcaster.begin(self.tracker)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._connection.close()
        await self.database.close()

    def clock(self) -> float:
        """Return the time of the whole site (Unix seconds)."""
        return START + (time.monotonic() - self._begun_at) * self._speed

    def publish(self, vectors: Sequence[StateVector]) -> None:
        """Append to the log, and apply to the live state; subscribers get it at the next tick."""
        for state in vectors:
            partition = int(state.icao24, 16) % PARTITIONS
            self.tracker.apply([Update(partition, len(self._logs[partition]), state)])
            self._logs[partition].append(state)
            self.published.append(state)

    async def store(self, partition: int, most: int) -> None:
        """Store the next messages of a partition and its offset, as the archive does."""
        first = self._stored[partition]
        vectors = self._logs[partition][first : first + most]
        async with self._connection.transaction():
            await self._connection.copy_records_to_table(
                "stored_state_vectors", records=map(to_stored_row, vectors), columns=STORED_FIELDS
            )
            await self._connection.execute(
                STORE_OFFSET,
                IDENTITY.cluster_id,
                IDENTITY.topic,
                partition,
                IDENTITY.topic_id,
                first + len(vectors),
            )
        self._stored[partition] = first + len(vectors)

    async def store_all(self) -> None:
        """Store all messages of the log."""
        for partition in range(PARTITIONS):
            await self.store(partition, len(self._logs[partition]))

    @asynccontextmanager
    async def serving(self, gate: Gate | None = None) -> AsyncIterator[str]:
        """Serve the stream over HTTP, and give the server's address.

        All streams end with the context.

        Args:
            gate: Admits clients; None admits all.
        """
        tickets = Tickets(ttl_seconds=30)
        routes = stream_routes(
            broadcaster=self.broadcaster,
            gate=gate or Gate(is_open=True, keys=None, tokens=None, tickets=tickets),
            metrics=self._metrics,
            settings=SseSettings(),
            replay=self.replay,
        )
        listener = listen("127.0.0.1", 0, write_deadline_seconds=30)
        server = create_server(create_app(routers=[routes], allowed_origins=[]))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            self.broadcaster.close()
            server.should_exit = True
            await task

    @asynccontextmanager
    async def archiving(self, random: Random, longest_pause: float) -> AsyncIterator[None]:
        """Store some messages of one partition after another, with random pauses (seconds)."""
        stopping = asyncio.Event()

        async def run() -> None:
            while not stopping.is_set():
                await self.store(random.randrange(PARTITIONS), random.choice([7, 100, 10_000]))
                await asyncio.sleep(random.uniform(0, longest_pause))

        task = asyncio.create_task(run())
        try:
            yield
        finally:
            stopping.set()
            await task


class LateTraffic:
    """Aircraft whose state vectors are published in bursts, some of them late."""

    def __init__(self, random: Random, aircraft: int) -> None:
        self._random = random
        self._newest = {f"{number:06x}": 0 for number in range(aircraft)}

    def burst(self, now: int, max_delay: int = 25) -> list[StateVector]:
        """Return newer state vectors of a third of the aircraft, up to `max_delay` seconds old."""
        icao24s = self._random.sample(sorted(self._newest), k=len(self._newest) // 3)
        found = []
        for icao24 in icao24s:
            last_contact = now - self._random.randrange(max_delay)
            if last_contact > self._newest[icao24]:
                self._newest[icao24] = last_contact
                latitude = self._random.uniform(-80, 80)
                found.append(state_vector(icao24, last_contact, latitude=round(latitude, 4)))
        return found
