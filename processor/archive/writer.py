"""Store batches exactly once: one batch, one transaction."""

import contextlib
import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import asyncpg
import msgspec
import structlog

from processor.archive.batch import Batch, Claim, Span
from processor.archive.batch_division import shorten
from processor.archive.batch_result import NOTHING, Stored
from processor.archive.database import Connection, Database
from processor.archive.digest import RowsOfDay, Times, as_bigint
from processor.archive.encoded import COLUMNS
from processor.archive.flights.store import FlightStore
from processor.archive.rejected_rows import DividingStore, Rejection, rejection_of
from processor.archive.rollups import mark_dirty
from processor.archive.sql import Queries
from processor.archive.stored_values import STORED_FIELDS, to_stored_row
from processor.archive.unique_rows import UniqueRows
from processor.database_errors import Blame
from processor.errors import RESET_OFFSETS, LogLostError
from processor.message import LogIdentity

log = structlog.get_logger()

EPOCH = dt.date(1970, 1, 1)

PARTS_AT_ONCE = 8
"""Days whose parts are made in one transaction. Each takes some 50 locks until it is committed."""


class _OffsetMismatchError(Exception):
    """The compare-and-set found other offsets or epochs than those of the batch: roll back."""


class BatchWriter:
    """Stores the batches of one log. The row in `ingest_offsets` is the only authority on offsets.

    The protocol: one transaction compares and sets the stored offset of every partition, inserts
    the rows, stores dead letters and writes the ledger. If the acknowledgement of a commit is
    lost, the stored offset shows whether it succeeded, so nothing is stored twice.
    """

    def __init__(
        self,
        *,
        database: Database,
        queries: Queries,
        identity: LogIdentity,
        owner: str,
        observe_delays: Callable[[float, Times], None] | None = None,
    ) -> None:
        """Store the batches of a log.

        Args:
            database: Where they are stored.
            queries: The statements.
            identity: The log.
            owner: This instance.
            observe_delays: Called after a commit with its time by the database's clock, and the
                last contacts of the rows that it inserted (Unix seconds).
        """
        self._database = database
        self._queries = queries
        self._log_identity = identity
        self._log_key = (identity.cluster_id, identity.topic)
        self._owner = owner
        self._expects_duplicates = True
        self._flights = FlightStore(queries)
        self._dividing = DividingStore(self._try)
        self._observe_delays = observe_delays

    async def claim(self, oldest: dict[int, int]) -> list[Claim]:
        """Become the owner of partitions; their former owners cannot store any more.

        Args:
            oldest: The oldest offset of each partition, at which one begins that was never stored.

        Raises:
            LogLostError: It is another log than the stored one.
        """
        self._expects_duplicates = True
        self._flights.forget()
        return await self._database.run(lambda connection: self._claim(connection, oldest))

    async def _claim(self, connection: Connection, oldest: dict[int, int]) -> list[Claim]:
        claims = []
        await connection.execute(self._queries.end_overdue)
        async with connection.transaction():
            for partition in sorted(oldest):
                [(topic_id, next_offset, epoch)] = await connection.fetch(
                    self._queries.claim,
                    *self._log_key,
                    partition,
                    self._log_identity.topic_id,
                    oldest[partition],
                    self._owner,
                )
                self._check_log(partition, topic_id)
                claims.append(Claim(partition, next_offset, epoch))
        return claims

    def _check_log(self, partition: int, topic_id: str | None) -> None:
        if topic_id != self._log_identity.topic_id:
            raise LogLostError(
                f"{self._log_identity.topic}[{partition}] is another topic of the same name: its "
                f"id was {topic_id} and is {self._log_identity.topic_id}, it was deleted and "
                f"created again. {RESET_OFFSETS}"
            )

    async def write(self, batch: Batch) -> Stored:
        """Store a batch, with as many attempts as it takes, and return what became of it.

        It takes one transaction, or several where the database needs that (`DividingStore`).
        """
        began_at = time.monotonic()
        stored = await self._dividing.store(batch)
        return msgspec.structs.replace(stored, seconds=time.monotonic() - began_at)

    async def _try(
        self, batch: Batch, *, is_part: bool, is_trial: bool = False
    ) -> Stored | Rejection:
        """Store a batch in one transaction, or return why the database refuses its messages."""
        attempts = 0

        async def attempt(connection: Connection) -> Stored | Rejection:
            nonlocal attempts
            began_at = time.monotonic()
            try:
                if is_trial:
                    return await self._try_out(connection, batch)
                return await self._resolve(connection, batch)
            except Exception as error:
                rejection = rejection_of(error)
                if connection.is_closed():
                    is_late = time.monotonic() - began_at >= self._database.cut_off_seconds
                    rejection = Rejection(Blame.AMOUNT, error) if is_late else None
                attempts += rejection is not None
                if rejection is None or not rejection.is_certain(attempts, batch, is_part=is_part):
                    raise
                return rejection

        return await self._database.run(attempt)

    async def _try_out(self, connection: Connection, batch: Batch) -> Stored:
        """Store a batch and roll it back, to see whether the database accepts it."""
        transaction = connection.transaction()
        await transaction.start()
        try:
            stored, _ = await self._store(connection, batch)
        except _OffsetMismatchError:
            return NOTHING  # explained when the batch is stored
        else:
            return stored
        finally:
            self._flights.forget()
            if not connection.is_closed():
                await transaction.rollback()

    async def _resolve(self, connection: Connection, batch: Batch) -> Stored:
        try:
            stored, inserted = await self._store(connection, batch)
        except _OffsetMismatchError:
            return await self._explain(connection, batch)
        if self._observe_delays is not None:
            self._observe_delays(self._now(), inserted.contacts)
        return stored

    def _now(self) -> float:
        """Return the database's time, or the host's until that is known (Unix seconds)."""
        return self._database.server_now() or time.time()

    async def _explain(self, connection: Connection, batch: Batch) -> Stored:
        """Find out why the stored offsets are not the expected ones.

        Either the commit of this batch succeeded and only its acknowledgement was lost, or another
        instance owns some of the partitions; then the others are stored without them.
        """
        self._flights.forget()
        known = await connection.fetch(
            self._queries.stored_offsets, *self._log_key, list(batch.spans)
        )
        ours = {
            partition: next_offset
            for partition, next_offset, epoch in known
            if epoch == batch.spans[partition].epoch
        }
        fenced = {
            span.partition: span.epoch
            for span in batch.spans.values()
            if span.partition not in ours
        }
        if fenced:
            log.warning("fenced", partitions=sorted(fenced))
        rest = batch.without(fenced)
        if all(ours[span.partition] == span.hi for span in rest.spans.values()):
            if rest.spans:
                log.info("commit_had_succeeded", partitions=sorted(rest.spans))
            return await self._read_ledger(connection, rest, fenced)
        if not fenced:
            raise LogLostError(
                f"stored offsets {ours} are neither before nor after the batch "
                f"{[(span.partition, span.lo, span.hi) for span in rest.spans.values()]}, though "
                "no other instance owns them: was ingest_offsets changed by hand, or does this "
                "server lack the last commits of the one before?"
            )
        stored = await self._resolve(connection, rest)
        return msgspec.structs.replace(stored, fenced=stored.fenced | fenced)

    async def _read_ledger(
        self, connection: Connection, batch: Batch, fenced: dict[int, int]
    ) -> Stored:
        recorded = await connection.fetch(
            self._queries.recorded,
            *self._log_key,
            list(batch.spans),
            [span.lo for span in batch.spans.values()],
        )
        return _stored(batch, Counter({row[0]: row[1] for row in recorded}), fenced)

    async def _store(self, connection: Connection, batch: Batch) -> tuple[Stored, UniqueRows]:
        """Store a batch in one transaction; return the result and the rows that were new."""
        found = batch.rows()
        await self._make_parts(connection, found)
        spans = [batch.spans[partition] for partition in sorted(batch.spans)]
        try:
            async with connection.transaction():
                await self._advance(connection, spans)
                inserted = await self._insert(connection, found)
                await self._update_derived(connection, inserted)
                await self._set_aside(connection, spans)
                await self._record(connection, spans, inserted.added)
        except BaseException:
            self._flights.forget()
            raise
        return _stored(batch, _count(inserted.added), {}), inserted

    async def _make_parts(self, connection: Connection, found: UniqueRows) -> None:
        """Make the parts of the table that the rows need, before the transaction of the batch."""
        days = [EPOCH + dt.timedelta(seconds=midnight) for midnight in found.days()]
        for _ in days:
            missing = [row[0] for row in await connection.fetch(self._queries.missing_days, days)]
            if not missing:
                return
            await connection.execute(self._queries.make_partitions, missing[:PARTS_AT_ONCE])

    async def _advance(self, connection: Connection, spans: Sequence[Span]) -> None:
        advanced = await connection.fetch(
            self._queries.advance,
            *self._log_key,
            self._log_identity.topic_id,
            [span.partition for span in spans],
            [span.lo for span in spans],
            [span.hi for span in spans],
            [span.epoch for span in spans],
        )
        if len(advanced) != len(spans):
            raise _OffsetMismatchError

    async def _insert(self, connection: Connection, found: UniqueRows) -> UniqueRows:
        """Insert the rows that are new, and return them.

        COPY straight into the table is fastest, but cannot skip rows that are stored already. So it
        is used unless the batch before had duplicates.
        """
        if not self._expects_duplicates:
            with contextlib.suppress(asyncpg.UniqueViolationError):
                async with connection.transaction():
                    await _copy(connection, "stored_state_vectors", found)
                return found
        return await self._insert_new(connection, found)

    async def _insert_new(self, connection: Connection, found: UniqueRows) -> UniqueRows:
        """Insert through a staging table, which skips rows that are stored already."""
        await connection.execute(self._queries.create_staging)
        await _copy(connection, "staging", found)
        inserted = await connection.fetch(self._queries.insert_staged)
        # Duplicates come in runs: after a claim, and while a collector publishes again.
        self._expects_duplicates = len(inserted) < len(found)
        if not self._expects_duplicates:
            return found
        return found.only(
            [row["icao24"] for row in inserted],
            [int(row["last_contact"].timestamp()) for row in inserted],
        )

    async def _update_derived(self, connection: Connection, inserted: UniqueRows) -> None:
        """Mark the minutes of new rows as dirty, and store their flights."""
        if not len(inserted):
            return
        await mark_dirty(connection, self._queries, inserted)
        await self._flights.store(connection, inserted, self._now())

    async def _set_aside(self, connection: Connection, spans: Sequence[Span]) -> None:
        letters = [letter for span in spans for letter in span.dead_letters]
        if letters:
            await connection.executemany(
                self._queries.set_aside,
                [
                    (
                        *self._log_key,
                        letter.partition,
                        letter.offset,
                        letter.row,
                        letter.key,
                        msgspec.json.encode(letter.headers).decode(),
                        letter.value,
                        letter.reason,
                        letter.published_at,
                    )
                    for letter in map(shorten, letters)
                ],
            )

    async def _record(
        self, connection: Connection, spans: Sequence[Span], added: Sequence[RowsOfDay]
    ) -> None:
        inserted = _count(added)
        digests: Counter[int] = Counter()
        for one in added:
            digests[one.partition] += one.digest
        await connection.execute(
            self._queries.record,
            *self._log_key,
            [span.partition for span in spans],
            [span.lo for span in spans],
            [span.hi for span in spans],
            [span.n_in for span in spans],
            [span.n_rows for span in spans],
            [inserted[span.partition] for span in spans],
            [len(span.state_vectors) - inserted[span.partition] for span in spans],
            [len(span.dead_letters) for span in spans],
            [span.epoch for span in spans],
            [as_bigint(digests[span.partition]) for span in spans],
        )
        if added:
            await connection.execute(
                self._queries.account,
                *self._log_key,
                [one.partition for one in added],
                [EPOCH + dt.timedelta(days=one.day) for one in added],
                [one.n_rows for one in added],
                [one.digest for one in added],
            )


async def _copy(connection: Connection, table: str, found: UniqueRows) -> None:
    if (encoded := found.encoded) is None:
        rows = map(to_stored_row, found.state_vectors)
        await connection.copy_records_to_table(table, records=rows, columns=STORED_FIELDS)
        return
    await connection.copy_to_table(table, source=encoded.stream(), columns=COLUMNS, format="binary")


def _count(added: Iterable[RowsOfDay]) -> Counter[int]:
    counted: Counter[int] = Counter()
    for one in added:
        counted[one.partition] += one.n_rows
    return counted


def _stored(batch: Batch, inserted: Counter[int], fenced: dict[int, int]) -> Stored:
    spans = batch.spans.values()
    return Stored(
        n_inserted=inserted.total(),
        n_duplicate=sum(len(span.state_vectors) for span in spans) - inserted.total(),
        n_dead=sum(len(span.dead_letters) for span in spans),
        n_messages=batch.n_in,
        untimely=Counter(letter.untimely for letter in batch.dead_letters() if letter.untimely),
        n_skipped=sum(span.hi - span.lo - span.n_in for span in spans),
        next_offsets={span.partition: span.hi for span in spans},
        fenced=fenced,
    )
