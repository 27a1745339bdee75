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
    make_coming_partitions: str
    create_staging: str
    insert_staged: str
    set_aside: str
    record: str
    recorded: str
    retention_limit: str
    drop_expired: str
    mark_expired: str
    prune_ledger: str
    delete_expired_dead_letters: str
    begin_anew: str
    begin_anew_ledger: str
    begin_anew_dead_letters: str
    audit_tiling: str
    audit_orphans: str
    audit_totals: str
    audit_dead_letters: str
    audit_dead_recorded: str
    audit_rows: str
    audit_is_whole: str
    audit_unique: str
    courses: str
    neighbours: str
    uncut: str
    sightings: str
    save_legs: str
    unmeasure: str
    touch_minutes: str
    lock_unmeasured: str
    measure: str
    touched_minutes: str
    make_minutely_partitions: str
    sum_up_minutes: str
    touch_hours: str
    forget_minutes: str
    touched_hours: str
    sum_up_hour: str
    forget_hour: str
    take_turns: str
    fit_chunks: str
    compress_after: str
    drop_expired_minutes: str
    delete_expired_flights: str
    rebuild_begins: str
    rebuild_minutes: str


def load_queries() -> Queries:
    """Read queries.sql."""
    return load_statements(Path(__file__).with_name("queries.sql"), Queries)
