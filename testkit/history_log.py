"""A log that a living picture and an archive read, each in its own time; the clock runs fast."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from random import Random
from typing import Self

import asyncpg
from prometheus_client import CollectorRegistry

from configuration.settings import SseSettings
from processor.access.gate import Gate
from processor.access.slots import SlotLimits
from processor.access.tickets import Tickets
from processor.archive.instants import take_unix_seconds
from processor.archive.unique_rows import to_rows
from processor.history.database import HistoryDatabase
from processor.http.app import create_app
from processor.http.server.server import create_server, listen
from processor.http.stream.routes import stream_routes
from processor.live.broadcaster import Broadcaster, Lifetime
from processor.live.connection_limits import Limits
from processor.live.metrics import LiveMetrics
from processor.message import LogIdentity
from processor.replay.session import Replay, ReplayLimits
from processor.stream.live_state import LiveState, Update
from processor.stream.log_position import LogPosition, epoch_of
from telemetry.state_vector import FIELDS, StateVector
from testkit.state_vectors import START, state_vector

EXPIRY_SECONDS = 60
PARTITIONS = 3
IDENTITY = LogIdentity("cluster", "telemetry.raw", "topic", PARTITIONS)
ADVANCE = """
    INSERT INTO ingest_offsets
        (cluster_id, topic, partition, topic_id, ledger_start, next_offset, epoch, owner)
    VALUES ($1, $2, $3, $4, 0, $5, 1, 'test')
    ON CONFLICT (cluster_id, topic, partition) DO UPDATE SET next_offset = excluded.next_offset
"""


def history_of(url: str) -> HistoryDatabase:
    """Give the connections of who asks about the past."""
    return HistoryDatabase(
        url=url, max_connections=8, connect_timeout_seconds=10, statement_timeout_seconds=30
    )


async def store(url: str, vectors: Sequence[StateVector]) -> None:
    """Store state vectors, as the archive does."""
    connection = await asyncpg.connect(url)
    await take_unix_seconds(connection)
    try:
        await _make_room(connection, [state.last_contact for state in vectors])
        await connection.copy_records_to_table(
            "state_vectors", records=to_rows(vectors), columns=FIELDS
        )
    finally:
        await connection.close()


async def _make_room(connection: asyncpg.Connection, moments: Sequence[int]) -> None:
    days = sorted({moment // 86_400 for moment in moments})
    epoch = "SELECT make_partitions(ARRAY(SELECT date '1970-01-01' + d FROM unnest($1::int[]) d))"
    await connection.execute(epoch, days)


class HistoryLog:
    """Publishes, shows and stores; `speed` is how many seconds pass in one."""

    def __init__(self, url: str, *, speed: float = 20, replays: int = 100) -> None:
        self._url = url
        self._speed = speed
        self._begun_at = time.monotonic()
        self.registry = CollectorRegistry()
        metrics = self._metrics = LiveMetrics(self.registry)
        self.broadcaster = Broadcaster(
            metrics=metrics,
            limits=Limits(subscribers=1000, per_address=1000, per_principal=1000),
            lifetime=Lifetime(retry_ms=1000, max_age_seconds=3600, drain_seconds=0),
            clock=self.clock,
        )
        nowhere = LogPosition(epoch_of(IDENTITY), (0,) * PARTITIONS)
        self.tracker = LiveState(
            start=nowhere,
            resumable_after=nowhere,
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
        await _make_room(self._connection, [START - 86_400, START, START + 86_400])
        self.broadcaster.begin(self.tracker)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._connection.close()
        await self.database.close()

    def clock(self) -> float:
        """Return the time that everybody goes by."""
        return START + (time.monotonic() - self._begun_at) * self._speed

    def publish(self, vectors: Sequence[StateVector]) -> None:
        """Write to the log, and have the living picture read it; it shows it at the next tick."""
        for state in vectors:
            partition = int(state.icao24, 16) % PARTITIONS
            self.tracker.apply([Update(partition, len(self._logs[partition]), state)])
            self._logs[partition].append(state)
            self.published.append(state)

    async def store(self, partition: int, most: int) -> None:
        """Have the archive store some of a partition, with its position."""
        lo = self._stored[partition]
        vectors = self._logs[partition][lo : lo + most]
        async with self._connection.transaction():
            await self._connection.copy_records_to_table(
                "state_vectors", records=to_rows(vectors), columns=FIELDS
            )
            await self._connection.execute(
                ADVANCE,
                IDENTITY.cluster_id,
                IDENTITY.topic,
                partition,
                IDENTITY.topic_id,
                lo + len(vectors),
            )
        self._stored[partition] = lo + len(vectors)

    async def store_all(self) -> None:
        """Have the archive come to the log's end."""
        for partition in range(PARTITIONS):
            await self.store(partition, len(self._logs[partition]))

    @asynccontextmanager
    async def serving(self, gate: Gate | None = None) -> AsyncIterator[str]:
        """Serve the stream over HTTP, and give the server's address; open to everybody if no gate.

        At the end everybody is sent away.
        """
        nobody = Tickets(ttl_seconds=30)
        routes = stream_routes(
            broadcaster=self.broadcaster,
            gate=gate or Gate(is_open=True, keys=None, tokens=None, tickets=nobody),
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
    async def archiving(self, random: Random, longest_s: float) -> AsyncIterator[None]:
        """Have the archive store a bit of a partition, then of another, with pauses."""
        stopping = asyncio.Event()

        async def run() -> None:
            while not stopping.is_set():
                await self.store(random.randrange(PARTITIONS), random.choice([7, 100, 10_000]))
                await asyncio.sleep(random.uniform(0, longest_s))

        task = asyncio.create_task(run())
        try:
            yield
        finally:
            stopping.set()
            await task


class Traffic:
    """Aircraft that come and go; what is heard of them is published in bursts, some of it late."""

    def __init__(self, random: Random, aircraft: int) -> None:
        self._random = random
        self._newest = {f"{number:06x}": 0 for number in range(aircraft)}

    def burst(self, now: int, latest: int = 25) -> list[StateVector]:
        """Return something newer of some aircraft, none of it heard after now."""
        names = self._random.sample(sorted(self._newest), k=len(self._newest) // 3)
        found = []
        for icao24 in names:
            moment = now - self._random.randrange(latest)
            if moment > self._newest[icao24]:
                self._newest[icao24] = moment
                latitude = self._random.uniform(-80, 80)
                found.append(state_vector(icao24, moment, latitude=round(latitude, 4)))
        return found
