"""An archive without Kafka on a database that rejects some rows."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from processor.archive.audit.audit import audit
from processor.archive.batch import Batch, Claim
from processor.archive.batch_result import Stored
from processor.archive.database import Database
from processor.archive.sql import load_audit_queries, load_queries
from processor.archive.writer import BatchWriter
from processor.message import LogIdentity
from telemetry.state_vector import StateVector
from testkit import databases
from testkit.fault_record import record_faults
from testkit.messages import InventedMessage, message
from testkit.queries import fetch

REFUSED = "bad"
"""The prefix of the addresses that the database rejects."""

_TRIGGER = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.icao24 LIKE 'bad%' THEN
        {act};
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER refuse BEFORE INSERT ON stored_state_vectors
FOR EACH ROW EXECUTE FUNCTION refuse()
"""

WAYS = {
    "constraint": "ALTER TABLE stored_state_vectors ADD CONSTRAINT refused"
    " CHECK (icao24 NOT LIKE 'bad%')",
    "trigger": _TRIGGER.format(act="RAISE EXCEPTION 'no such aircraft'"),
    "division by zero": _TRIGGER.format(act="NEW.category := 1 / 0"),
    "overflow": _TRIGGER.format(act="NEW.category := 70000"),
    "bad text": _TRIGGER.format(act="NEW.category := 'x'"),
    "program limit": _TRIGGER.format(act="RAISE EXCEPTION 'too large' USING ERRCODE = '54000'"),
    "unknown code": _TRIGGER.format(act="RAISE EXCEPTION 'odd' USING ERRCODE = 'QQ123'"),
}
"""Statements after which the database rejects rows of some aircraft."""


TOO_MANY = """
CREATE FUNCTION count_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    n integer := coalesce(nullif(current_setting('test.rows', TRUE), ''), '0')::integer + 1;
BEGIN
    PERFORM set_config('test.rows', n::text, TRUE);
    IF n > 100 THEN
        RAISE EXCEPTION 'out of shared memory' USING ERRCODE = '53200';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER count_up BEFORE INSERT ON stored_state_vectors
FOR EACH ROW EXECUTE FUNCTION count_up()
"""
"""Statements after which a transaction of more than 100 rows is too large for the server."""


class Account(NamedTuple):
    """The stored addresses, and the reasons of dead letters by partition and offset.

    Attributes:
        dead_rows: The partition, offset and row of each dead letter of a message of several rows.
    """

    rows: list[str]
    dead: dict[tuple[int, int], str]
    dead_rows: set[tuple[int, int, int]]


class RefusingArchive:
    """Owns all partitions of an invented log, and stores batches of it."""

    def __init__(
        self,
        dsn: str,
        *,
        topic: str = "topic",
        partitions: int = 1,
        database: Database | None = None,
    ) -> None:
        self.dsn = dsn
        self.topic = topic
        self.partitions = partitions
        self.database = database or Database(
            url=dsn, application_name="t", connect_timeout_seconds=5, statement_timeout_seconds=20
        )
        self.attempts = 0
        self.between: Callable[[], None] = lambda: None
        self._next = dict.fromkeys(range(partitions), 0)
        self._claims: dict[int, Claim] = {}
        self._writer = BatchWriter(
            database=self.database,
            queries=load_queries(),
            identity=LogIdentity("cluster", topic, None, partitions),
            owner="t",
        )
        self._count_attempts()

    def _count_attempts(self) -> None:
        run = self.database.run

        async def counted(operation):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
            self.attempts += 1
            self.between()
            return await run(operation)

        self.database.run = counted  # type: ignore[method-assign]

    async def claim(self) -> None:
        """Claim all partitions."""
        claims = await self._writer.claim(dict.fromkeys(range(self.partitions), 0))
        self._claims = {each.partition: each for each in claims}
        self.attempts = 0

    def batch(self, vectors: Iterable[StateVector]) -> Batch:
        """Return a batch of state vectors, which are published to the partitions in turns."""
        return self.read(message(0, 0, vector) for vector in vectors)

    def read(self, messages: Iterable[InventedMessage]) -> Batch:
        """Return a batch of messages, which are published to the partitions in turns."""
        batch = Batch()
        for number, one in enumerate(messages):
            partition = number % self.partitions
            placed = one._replace(at_partition=partition, at_offset=self._next[partition])
            self._next[partition] += 1
            batch.add(placed, self._claims[partition])
            self._claims[partition].next_offset = self._next[partition]
        # A batch knows its positions from before; the next one begins behind it.
        return batch

    async def store(self, vectors: Sequence[StateVector]) -> Stored:
        """Store state vectors as one batch."""
        return await self._writer.write(self.batch(vectors))

    async def write(self, batch: Batch) -> Stored:
        """Store a batch."""
        return await self._writer.write(batch)

    async def audit(self) -> str:
        """Return the result of the audit."""
        return str(await self.database.run(lambda session: audit(session, load_audit_queries())))

    async def account(self) -> Account:
        """Return all stored rows, and the dead letters of this log."""
        rows = fetch(self.dsn, "SELECT icao24 FROM state_vectors ORDER BY 1")
        dead = fetch(
            self.dsn,
            "SELECT partition, message_offset, row_index, reason FROM dead_letters"
            " WHERE topic = $1",
            self.topic,
        )
        return Account(
            [row[0] for row in rows],
            {(row[0], row[1]): row[3] for row in dead},
            {(row[0], row[1], row[2]) for row in dead if row[2] is not None},
        )

    def refuse(self, way: str) -> None:
        """Let the database reject some rows from now on."""
        record_faults()
        databases.execute(self.dsn, WAYS[way])
