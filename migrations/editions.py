"""Find out which edition of the database this is, and run SQL files."""

from enum import StrEnum
from pathlib import Path

from alembic import op

SQL = Path(__file__).parent / "sql"

BETWEEN_STATEMENTS = "\n----\n"
"""Separates statements in the files, because the driver prepares one statement at a time."""


class Edition(StrEnum):
    """TimescaleDB under its own licence, TimescaleDB under Apache 2, or PostgreSQL without it."""

    COMMUNITY = "community"
    APACHE = "apache"
    PLAIN = "plain"


def find_edition() -> Edition:
    """Create the extension TimescaleDB where the server has it, and return the edition."""
    # Only its loader defines this setting, and every role may read it, unlike the libraries.
    if _request("SELECT current_setting('timescaledb.disable_load', true)") is None:
        return Edition.PLAIN
    op.get_bind().exec_driver_sql("CREATE EXTENSION IF NOT EXISTS timescaledb")
    is_community = _request("SHOW timescaledb.license") == "timescale"
    return Edition.COMMUNITY if is_community else Edition.APACHE


def run_file(name: str) -> None:
    """Run each statement of migrations/sql/NAME.sql in the transaction of the migration."""
    for statement in (SQL / f"{name}.sql").read_text().split(BETWEEN_STATEMENTS):
        op.get_bind().exec_driver_sql(statement)


def drop_parts(table: str) -> None:
    """Drop the parts of a table divided by time, each in a transaction of its own.

    Dropping the table with all parts would take more locks than the server may have. Parts that
    were dropped before an interruption stay dropped; the next attempt continues.
    """
    is_plain = find_edition() is Edition.PLAIN
    parts, drop = _PARTITIONS if is_plain else _CHUNKS
    with op.get_context().autocommit_block():
        for (part,) in op.get_bind().exec_driver_sql(parts.format(table)).fetchall():
            op.get_bind().exec_driver_sql(drop.format(part))


_PARTITIONS = (
    "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = '{}'::regclass ORDER BY 1",
    "DROP TABLE {}",
)
_CHUNKS = ("SELECT chunk::text FROM show_chunks('{}') AS chunk", "DROP TABLE {}")


def _request(statement: str) -> object:
    return op.get_bind().exec_driver_sql(statement).scalar()
