"""The proof that every message of the log was stored exactly once, or the first violation."""

import msgspec

from processor.archive.database import Connection
from processor.archive.sql import Queries


class Proof(msgspec.Struct, frozen=True):
    """What holds: each message of each partition is accounted for once."""

    transactions: int
    partitions: int
    n_in: int
    n_inserted: int
    n_duplicate: int
    n_dead: int
    n_rows: int
    is_whole: bool

    def __str__(self) -> str:
        dropped = "" if self.is_whole else " (older ones were dropped by retention)"
        return (
            f"audit clean: {self.transactions} transactions over {self.partitions} partitions tile "
            f"without hole or overlap; {self.n_in} messages = {self.n_inserted} inserted "
            f"+ {self.n_duplicate} duplicates + {self.n_dead} dead letters; "
            f"{self.n_rows} rows stored{dropped}"
        )


class Violation(Exception):  # noqa: N818 - a finding, named as such everywhere
    """A message was lost or stored twice, or somebody changed the tables by hand."""


async def check_tiling(connection: Connection, queries: Queries) -> None:
    """Check that the ledger of every partition has neither hole nor overlap.

    Raises:
        Violation: Naming the first place.
    """
    if (tile := await connection.fetchrow(queries.audit_tiling)) is not None:
        where = f"{tile['topic']}[{tile['partition']}] of cluster {tile['cluster_id']}"
        raise Violation(
            f"{where}: the ledger has {tile['lo']} to {tile['hi']} where "
            f"{tile['expected_lo']} to {tile['expected_hi']} must stand"
        )
    if (orphan := await connection.fetchrow(queries.audit_orphans)) is not None:
        raise Violation(
            f"{orphan['topic']}[{orphan['partition']}] of cluster {orphan['cluster_id']}: "
            f"a ledger from {orphan['lo']} on, but no row in ingest_offsets"
        )


async def audit(connection: Connection, queries: Queries) -> Proof:
    """Compare offsets, ledger, rows and dead letters, all as of one moment.

    Raises:
        Violation: Naming the first place that does not agree.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await check_tiling(connection, queries)
        [totals] = await connection.fetch(queries.audit_totals)
        proof = Proof(
            **totals,
            n_rows=await connection.fetchval(queries.audit_rows),
            is_whole=await connection.fetchval(queries.audit_is_whole),
        )
        await _check_totals(connection, queries, proof)
    return proof


async def _check_totals(connection: Connection, queries: Queries, proof: Proof) -> None:
    if await connection.fetchval(queries.audit_unique) == 0:
        raise Violation("state_vectors has no unique index: rows may repeat")
    n_dead = await connection.fetchval(queries.audit_dead_letters)
    n_recorded = await connection.fetchval(queries.audit_dead_recorded)
    if n_dead != n_recorded:
        raise Violation(f"{n_dead} dead letters are there, {n_recorded} in the ledger")
    if proof.is_whole and proof.n_rows != proof.n_inserted:
        raise Violation(f"{proof.n_rows} rows are there, {proof.n_inserted} in the ledger")
