"""A database with the archive's writers on it, one after another, without Kafka."""

import asyncpg

from processor.archive.batch import Batch, Claim, Span
from processor.archive.database import Database
from processor.archive.rollups import Rollups
from processor.archive.sql import load_queries
from processor.archive.writer import BatchWriter
from processor.message import LogIdentity
from telemetry.state_vector import StateVector
from testkit.flight_oracle import ExpectedFlight
from testkit.given_timescale import compress_stored


class ArchiveSite:
    """Stores state vectors as the archive does; call `restart` first."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.database = Database(
            url=dsn, application_name="t", connect_timeout_seconds=5, statement_timeout_seconds=20
        )
        self._next_offset = 0
        self._claim: Claim
        self._writer: BatchWriter

    async def restart(self) -> None:
        """Make another writer the owner of the log."""
        self._writer = BatchWriter(
            database=self.database,
            queries=load_queries(),
            identity=LogIdentity("cluster", "topic", None, 1),
            owner="t",
        )
        [self._claim] = await self._writer.claim({0: 0})

    async def write(self, vectors: list[StateVector]) -> None:
        """Store a batch."""
        if not vectors:
            return
        lo, hi = self._claim.next_offset, self._claim.next_offset + len(vectors)
        n_rows = len(vectors)
        span = Span(0, self._claim.epoch, lo, hi, n_in=n_rows, n_rows=n_rows, state_vectors=vectors)
        await self._writer.write(Batch([span]))
        self._claim.next_offset = hi
        await compress_stored(self.dsn)

    async def roll_up(self) -> None:
        """Roll up and measure everything that is due."""
        rollups = Rollups(load_queries())
        while any(await self.database.run(rollups.roll_up)):
            pass
        await compress_stored(self.dsn)

    async def expire(self, moment: int) -> None:
        """Drop the state vectors from before a moment (Unix seconds), as retention does."""
        connection = await asyncpg.connect(self.dsn)
        for statement in (
            "DELETE FROM state_vectors WHERE last_contact < to_timestamp($1)",
            "INSERT INTO retention_marks (dropped_before) VALUES (to_timestamp($1))",
        ):
            await connection.execute(statement, moment)
        await connection.close()

    async def flights(self) -> list[ExpectedFlight]:
        """Return the rows of the view `flights`."""
        connection = await asyncpg.connect(self.dsn)
        rows = await connection.fetch(
            """
            SELECT icao24, extract(epoch FROM first_seen)::int, extract(epoch FROM last_seen)::int,
                   callsign, extract(epoch FROM take_off)::int, extract(epoch FROM landing)::int,
                   state_vectors, airborne
            FROM flights ORDER BY icao24, first_seen
            """
        )
        await connection.close()
        return [ExpectedFlight(*row) for row in rows]

    async def clear(self) -> None:
        """Empty all tables."""
        connection = await asyncpg.connect(self.dsn)
        await connection.execute(
            "TRUNCATE stored_state_vectors, flight_legs, ingest_offsets, ingest_ledger,"
            " touched_minutes, minutely_state_vectors, retention_marks, ingest_days"
        )
        await connection.close()
