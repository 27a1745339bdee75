"""The statements of queries.sql and audit.sql by name."""

from pathlib import Path
from typing import NamedTuple

from processor.named_sql import load_statements


class Queries(NamedTuple):
    """Every statement that the archive sends."""

    claim: str
    advance: str
    positions: str
    missing_days: str
    make_partitions: str
    make_coming_partitions: str
    create_staging: str
    insert_staged: str
    set_aside: str
    record: str
    account: str
    recorded: str
    retention_limit: str
    drop_expired: str
    mark_expired: str
    merge_ledger: str
    dead_letters_limit: str
    delete_expired_dead_letters: str
    reset_offsets: str
    reset_offsets_ledger: str
    reset_offsets_days: str
    reset_offsets_dead_letters: str
    courses: str
    neighbours: str
    uncut: str
    sightings: str
    save_legs: str
    invalidate: str
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
    parts: str
    first_contacts: str
    rebuild_begins: str
    rebuild_minutes: str


def load_queries() -> Queries:
    """Read queries.sql."""
    return load_statements(Path(__file__).with_name("queries.sql"), Queries)


class AuditQueries(NamedTuple):
    """Every statement of the audit; they write into temporary tables at most."""

    is_empty: str
    tiling: str
    new_tiling: str
    orphans: str
    changed: str
    sums: str
    accounts: str
    dead_letters: str
    key: str
    known_answer: str
    acknowledged: str
    bare_days: str
    days: str
    bounds: str
    strays: str
    total: str
    expected: str
    stored: str
    settled: str
    minutes: str
    hours: str
    unflown: str
    tiles: str
    offsets: str
    hide_tables: str
    leg_columns: str
    next_aircraft: str
    forget_legs: str
    take_legs: str
    begins: str
    measured_legs: str
    different_legs: str
    count_legs: str
    derived_days: str
    is_unsettled: str
    forget_hour_made: str
    different_minute: str
    different_hour: str
    has_minutes: str


def load_audit_queries() -> AuditQueries:
    """Read audit.sql."""
    return load_statements(Path(__file__).with_name("audit.sql"), AuditQueries)
