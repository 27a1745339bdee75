"""The proof that every message of the log was stored exactly once, or the first violation."""

from collections.abc import Callable

from processor.archive.audit.days import Days
from processor.archive.audit.findings import NothingToAudit, Proof
from processor.archive.audit.ledger import check_ledger, hashes_alike
from processor.archive.database import Connection
from processor.archive.sql import AuditQueries


def _silent(_line: str) -> None:
    """Show no progress."""


async def audit(
    connection: Connection, queries: AuditQueries, progress: Callable[[str], None] = _silent
) -> Proof:
    """Compare offsets, ledger, rows, dead letters, minutes, hours and flights.

    The ledger is compared as of one moment, and then each day as of one moment of its own, so that
    an audit of months keeps neither the archive nor retention waiting.

    Raises:
        Violation: Naming the first place that does not agree.
        NothingToAudit: There is nothing that could be compared.
    """
    if await connection.fetchval(queries.is_empty):
        raise NothingToAudit(
            "nothing to audit: there is neither a ledger nor a row. Nothing was stored yet, or"
            " everything was removed"
        )
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        proof = await check_ledger(connection, queries)
        is_alike = await hashes_alike(connection, queries)
    if not is_alike:
        proof.not_compared.append(
            "the content of the rows: this server hashes a row whose hash is known differently"
        )
    await Days(connection, queries, progress, has_digests=is_alike).check(proof)
    return proof
