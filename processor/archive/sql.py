"""The statements of queries.sql by name."""

import re
from pathlib import Path
from typing import NamedTuple

_HEADING = re.compile(r"^-- (\w+): .*$", re.MULTILINE)


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
    """Read queries.sql; a statement that is missing or misspelt is an error at once."""
    text = Path(__file__).with_name("queries.sql").read_text()
    _, *parts = _HEADING.split(text)
    named = zip(parts[::2], parts[1::2], strict=True)
    return Queries(**{name: statement.strip() for name, statement in named})
