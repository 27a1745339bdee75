"""The statements of queries.sql, audit.sql and operator.sql by name."""

from pathlib import Path
from typing import NamedTuple

from processor.named_sql import load_statements


class Queries(NamedTuple):
    """The statements of the archive."""

    claim: str
    end_overdue: str
    advance: str
    stored_offsets: str
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
    flight_states: str
    neighbours: str
    withdraw_flights: str
    observations: str
    save_flights: str
    invalidate_flights: str
    mark_minutes_dirty: str
    mark_aircraft_dirty: str
    lock_dirty_flights: str
    measure_flights: str
    dirty_minutes: str
    dirty_aircraft: str
    divide_minute: str
    make_minutely_partitions: str
    roll_up_minutes: str
    roll_up_aircraft: str
    mark_hours_dirty: str
    plan_for_given_times: str
    clear_dirty_minutes: str
    dirty_hours: str
    roll_up_hour: str
    clear_dirty_hour: str
    waiting_rollups: str
    try_maintenance_lock: str
    fit_chunks: str
    chunks_to_compress: str
    compress_part: str
    drop_expired_minutes: str
    delete_expired_flights: str
    parts: str
    first_contacts: str
    rebuild_starts: str
    mark_part_dirty: str


def load_queries() -> Queries:
    """Read queries.sql."""
    return load_statements(Path(__file__).with_name("queries.sql"), Queries)


class AuditQueries(NamedTuple):
    """The statements of the audit, which write into temporary tables only."""

    is_empty: str
    tiling: str
    new_tiling: str
    orphans: str
    changed: str
    totals: str
    accounts: str
    dead_letters: str
    key: str
    known_answer: str
    acknowledged: str
    bare_days: str
    days: str
    retention_bounds: str
    strays: str
    total: str
    expected: str
    stored: str
    settled: str
    minutes: str
    hours: str
    without_flight: str
    tiles: str
    whole_dead_letters: str
    offsets: str
    hide_tables: str
    flight_columns: str
    next_aircraft: str
    clear_flights: str
    copy_flights: str
    rebuild_starts: str
    measured_flights: str
    different_flight: str
    count_flights: str
    derived_days: str
    is_unsettled: str
    clear_hour: str
    different_minute: str
    different_hour: str
    has_minutes: str


def load_audit_queries() -> AuditQueries:
    """Read audit.sql."""
    return load_statements(Path(__file__).with_name("audit.sql"), AuditQueries)


class OperatorQueries(NamedTuple):
    """The statements of the commands with which an operator looks at the archive."""

    status: str
    partitions: str
    reasons: str
    newest_letters: str
    letters_at: str
    count_letters: str


def load_operator_queries() -> OperatorQueries:
    """Read operator.sql."""
    return load_statements(Path(__file__).with_name("operator.sql"), OperatorQueries)
