"""Which of the three kinds of database this is, and the SQL files that it takes."""

from enum import StrEnum
from pathlib import Path

from alembic import op

SQL = Path(__file__).parent / "sql"

BETWEEN_STATEMENTS = "\n----\n"
"""A line of its own in the files: the driver prepares one statement at a time."""


class Edition(StrEnum):
    """TimescaleDB under its own licence, TimescaleDB under Apache 2, PostgreSQL without it."""

    COMMUNITY = "community"
    APACHE = "apache"
    PLAIN = "plain"


def find_edition() -> Edition:
    """Load TimescaleDB where the server has it, and tell the edition."""
    # Only its loader defines this setting, and anybody may read it, unlike the list of libraries.
    if _request("SELECT current_setting('timescaledb.disable_load', true)") is None:
        return Edition.PLAIN
    op.get_bind().exec_driver_sql("CREATE EXTENSION IF NOT EXISTS timescaledb")
    is_community = _request("SHOW timescaledb.license") == "timescale"
    return Edition.COMMUNITY if is_community else Edition.APACHE


def run_file(name: str) -> None:
    """Run each statement of migrations/sql/NAME.sql in the transaction of the migration."""
    for statement in (SQL / f"{name}.sql").read_text().split(BETWEEN_STATEMENTS):
        op.get_bind().exec_driver_sql(statement)


def drop_parts(divided: str) -> None:
    """Drop the parts of a table that time divides, each in a transaction of its own.

    The table with all of them would take more locks than the server may have. What was dropped
    before a break stays dropped; the next attempt goes on.
    """
    is_plain = find_edition() is Edition.PLAIN
    parts, drop = _PARTITIONS if is_plain else _CHUNKS
    with op.get_context().autocommit_block():
        for (part,) in op.get_bind().exec_driver_sql(parts.format(divided)).fetchall():
            op.get_bind().exec_driver_sql(drop.format(part))


_PARTITIONS = (
    "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = '{}'::regclass ORDER BY 1",
    "DROP TABLE {}",
)
_CHUNKS = ("SELECT chunk::text FROM show_chunks('{}') AS chunk", "DROP TABLE {}")


def _request(statement: str) -> object:
    return op.get_bind().exec_driver_sql(statement).scalar()
