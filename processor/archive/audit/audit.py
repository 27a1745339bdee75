"""Run the audit: return the proof that every message was stored once, or raise a violation."""

from processor.archive.audit.days import Days
from processor.archive.audit.findings import NothingToAudit, Proof
from processor.archive.audit.ledger import check_ledger, server_hashes_alike
from processor.archive.database import Connection
from processor.archive.progress import Progress
from processor.archive.sql import AuditQueries


def _silent(line: str, share: float | None = None) -> None:
    """Ignore progress."""


async def audit(
    connection: Connection, queries: AuditQueries, progress: Progress = _silent
) -> Proof:
    """Compare offsets, ledger, rows, dead letters, minutes, hours and flights.

    The ledger is read in one snapshot and each day in a snapshot of its own, so that an audit of
    months holds up neither the archive nor retention.

    Raises:
        Violation: Names the first place that does not agree.
        NothingToAudit: There is nothing to compare.
    """
    if await connection.fetchval(queries.is_empty):
        raise NothingToAudit(
            "nothing to audit: there is neither a ledger nor a row. Nothing was stored yet, or"
            " everything was removed"
        )
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        proof = await check_ledger(connection, queries)
        is_alike = await server_hashes_alike(connection, queries)
    if not is_alike:
        proof.not_compared.append(
            "the content of the rows: this server computes another hash of a known row"
        )
    await Days(connection, queries, progress, has_digests=is_alike).check(proof)
    return proof
