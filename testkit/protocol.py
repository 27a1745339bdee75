"""The commit protocol in isolation: a log in memory, contenders, and the invariants."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable

import asyncpg

from processor.archive.batch import Batch, Claim, Span
from processor.archive.batch_result import Stored
from processor.archive.database import Connection, Database, Operation, Result
from processor.archive.sql import Queries
from processor.archive.writer import BatchWriter
from processor.message import LogIdentity
from telemetry.codec import encode
from telemetry.state_vector import StateVector
from testkit.messages import InventedMessage, garbage, message
from testkit.state_vectors import START, state_vector
from testkit.tcp_proxy import TcpProxy

CLUSTER = "invented-cluster"
AIRCRAFT = 4
MOMENTS = 4
"""Few aircraft and times, so that many messages are duplicates."""

KINDS = AIRCRAFT * MOMENTS
"""Messages of one state vector; the next kind is garbage, and those after it hold several rows."""


class InventedLog:
    """A topic with some partitions; offsets have gaps, as in real topics."""

    def __init__(self, name: str, first_aircraft: int, partitions: int) -> None:
        self.identity = LogIdentity(CLUSTER, name, f"id of {name}", partitions)
        self.addresses = [f"{first_aircraft + number:06x}" for number in range(AIRCRAFT)]
        self.messages: dict[int, list[InventedMessage]] = {n: [] for n in range(partitions)}
        self._next = 0

    def end(self, partition: int) -> int:
        """Return the offset that the partition's next message may take."""
        held = self.messages[partition]
        return held[-1].offset() + 1 if held else 0

    def add(self, partition: int, kind: int, gap: int) -> None:
        """Append a state vector, garbage, or a message of several rows, one of them malformed."""
        offset = self.end(partition) + gap
        if kind < KINDS:
            new = message(partition, offset, self._vector(kind))
        elif kind == KINDS:
            new = garbage(partition, offset)
        else:
            rows = [encode(self._vector(kind - KINDS + step * AIRCRAFT)) for step in range(3)]
            value = b"[%s]" % b",".join([rows[0], b"{}", *rows[1:]])
            new = InventedMessage(partition, offset, value)
        self.messages[partition].append(new)

    def _vector(self, kind: int) -> StateVector:
        self._next += 1
        address, moment = self.addresses[kind % AIRCRAFT], START + kind // AIRCRAFT
        return state_vector(address, moment, velocity=float(self._next))

    def between(self, partition: int, lo: int, hi: int) -> list[InventedMessage]:
        """Return the messages from one offset up to, without, another."""
        return [held for held in self.messages[partition] if lo <= held.offset() < hi]


class LossyDatabase(Database):
    """Loses acknowledgements on demand, after the transaction went through."""

    def __init__(self, url: str, proxy: TcpProxy) -> None:
        super().__init__(
            url=url,
            application_name="contender",
            connect_timeout_seconds=10,
            statement_timeout_seconds=5,
        )
        self.proxy = proxy
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def run(self, operation: Operation[Result]) -> Result:
        """Run an operation; `meanwhile` happens before its answer is lost."""

        async def lossy(connection: Connection) -> Result:
            result = await operation(connection)
            if (meanwhile := self.meanwhile) is not None:
                self.meanwhile = None
                await meanwhile()
                raise ConnectionResetError("the acknowledgement is lost")
            return result

        return await super().run(lossy)

    async def _connect(self) -> Connection:
        if self._connection is None or self._connection.is_closed():
            self.proxy.restore()
        return await super()._connect()


class Contender:
    """An instance of the archive without Kafka: it claims partitions, reads on and stores."""

    def __init__(
        self, name: str, log: InventedLog, database: LossyDatabase, queries: Queries
    ) -> None:
        self.name = name
        self.database = database
        self.claims: dict[int, Claim] = {}
        self._log = log
        self._writer = BatchWriter(
            database=database, queries=queries, identity=log.identity, owner=name
        )

    async def claim(self, partitions: Iterable[int]) -> None:
        """Become the owner of partitions, as after an assignment."""
        for claim in await self._writer.claim(dict.fromkeys(partitions, 0)):
            self.claims[claim.partition] = claim

    def read(self, count: int) -> Batch:
        """Gather the next messages of every claimed partition."""
        batch = Batch()
        for claim in self.claims.values():
            end = self._log.end(claim.partition)
            for found in self._log.between(claim.partition, claim.next_offset, end)[:count]:
                batch.add(found, claim)
        return batch

    async def write(self, count: int) -> Stored | None:
        """Store the next messages; leave partitions that another instance owns."""
        batch = self.read(count)
        if not batch.n_in:
            return None
        for span in batch.spans.values():
            self.claims[span.partition].next_offset = span.hi
        stored = await self._writer.write(batch)
        for partition, epoch in stored.fenced.items():
            assert self.claims[partition].epoch == epoch
            del self.claims[partition]
        kept = batch.without(stored.fenced)
        assert stored.next_offsets == {span.partition: span.hi for span in kept.spans.values()}
        assert stored.n_inserted + stored.n_duplicate + stored.n_dead == kept.n_rows
        assert stored.n_messages == kept.n_in
        return stored


async def check_invariants(connection: Connection, log: InventedLog) -> None:
    """Compare the tables with the log: no loss, no duplicate, no gap in the ledger."""
    key = (log.identity.cluster_id, log.identity.topic)
    ends = await _check_ledger(connection, log, key)
    stored_messages = [m for number, end in ends.items() for m in log.between(number, 0, end)]
    rows = await connection.fetch(
        "SELECT icao24, extract(epoch FROM last_contact)::bigint, velocity FROM state_vectors"
        " WHERE icao24 = ANY ($1)",
        log.addresses,
    )
    stored = {(row[0], row[1]): row[2] for row in rows}
    assert len(stored) == len(rows), "a state vector is stored twice"
    first = _first_values(stored_messages)
    assert stored.keys() == first.keys(), "lost, or stored before its position"
    for where, velocity in stored.items():
        assert velocity in first[where].values(), f"{where} is not what came first"
    inserted = await connection.fetchval(
        "SELECT coalesce(sum(n_inserted), 0) FROM ingest_ledger"
        " WHERE (cluster_id, topic) = ($1, $2)",
        *key,
    )
    assert inserted == len(rows), "the ledger does not count the rows"
    dead = await connection.fetch(
        "SELECT partition, message_offset, row_index FROM dead_letters"
        " WHERE (cluster_id, topic) = ($1, $2)",
        *key,
    )
    expected = {
        (letter.partition, letter.offset, letter.row)
        for held in stored_messages
        for letter in _read(held).dead_letters
    }
    assert len(dead) == len(expected)
    assert {tuple(row) for row in dead} == expected


async def _check_ledger(
    connection: Connection, log: InventedLog, key: tuple[str, str]
) -> dict[int, int]:
    """Check that no partition's ledger has a gap; return the stored offsets."""
    offsets = await connection.fetch(
        "SELECT partition, ledger_start, next_offset FROM ingest_offsets"
        " WHERE (cluster_id, topic) = ($1, $2)",
        *key,
    )
    tiles = await connection.fetch(
        "SELECT partition, lo, hi, n_in, n_rows, n_dead FROM ingest_ledger"
        " WHERE (cluster_id, topic) = ($1, $2) ORDER BY partition, lo",
        *key,
    )
    for partition, start, end in offsets:
        position = start
        for _, lo, hi, *counts in (tile for tile in tiles if tile[0] == partition):
            assert lo == position, f"[{partition}]: hole or overlap at {lo}, not {position}"
            held = list(map(_read, log.between(partition, lo, hi)))
            n_dead = sum(len(span.dead_letters) for span in held)
            assert counts == [len(held), sum(span.n_rows for span in held), n_dead]
            position = hi
        assert position == end, f"[{partition}]: the ledger ends at {position}, not {end}"
    return {partition: end for partition, _, end in offsets}


def _first_values(messages: list[InventedMessage]) -> dict[tuple[str, int], dict[int, float]]:
    """Return the first message of each key, in every partition that has one."""
    first: dict[tuple[str, int], dict[int, float]] = defaultdict(dict)
    for found in messages:
        for vector in _read(found).state_vectors:
            key = (vector.icao24, vector.last_contact)
            first[key].setdefault(found.partition(), vector.velocity or 0.0)
    return first


def _read(found: InventedMessage) -> Span:
    batch = Batch()
    batch.add(found, Claim(found.partition(), found.offset(), 0))
    return batch.spans[found.partition()]


async def connect(dsn: str) -> Connection:
    """Provide a connection for reading the tables."""
    return await asyncpg.connect(dsn)
