"""The statements of queries.sql by name."""

from pathlib import Path
from typing import NamedTuple

from processor.named_sql import load_statements


class Queries(NamedTuple):
    """Every statement that the archive sends."""

    claim: str
    advance: str
    positions: str
    make_partitions: str
    create_staging: str
    insert_staged: str
    set_aside: str
    record: str
    recorded: str
    drop_expired: str
    mark_expired: str
    prune_ledger: str
    begin_anew: str
    begin_anew_ledger: str
    begin_anew_dead_letters: str
    audit_tiling: str
    audit_orphans: str
    audit_totals: str
    audit_dead_letters: str
    audit_rows: str
    audit_is_whole: str
    audit_unique: str


def load_queries() -> Queries:
    """Read queries.sql."""
    return load_statements(Path(__file__).with_name("queries.sql"), Queries)
