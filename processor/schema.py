"""Check at start that the database has the tables of this version."""

import asyncpg
import structlog

from processor.errors import SchemaError
from processor.postgres import Connection

log = structlog.get_logger()

REVISIONS = tuple(f"{number:04}" for number in range(1, 13))
"""Every revision of migrations/versions, oldest first; this version needs the last."""

_FIND_TABLES = """
SELECT to_regclass('alembic_version') IS NOT NULL AS is_there,
       coalesce(has_table_privilege(to_regclass('alembic_version'), 'SELECT'), FALSE)
           AS is_readable,
       current_user AS role,
       (SELECT relnamespace::regnamespace::text FROM pg_class
        WHERE relname = 'ingest_offsets' AND relkind = 'r' LIMIT 1) AS schema
"""


async def check_schema(connection: Connection) -> None:
    """Compare the revision of the tables with the one that this version needs.

    Raises:
        SchemaError: The tables are missing, older, or newer.
        asyncpg.InsufficientPrivilegeError: The role may not use the schema of the tables.
    """
    found = await connection.fetchrow(_FIND_TABLES)
    if found is None or not found["is_there"]:
        _explain_absence(found)
    elif found["is_readable"]:
        rows = await connection.fetch("SELECT version_num FROM alembic_version")
        _compare({row["version_num"] for row in rows})
    else:
        remedy = f"GRANT SELECT ON alembic_version TO {found['role']}"
        log.info("schema_version_not_checked", remedy=remedy)


def _explain_absence(found: asyncpg.Record | None) -> None:
    if found is not None and found["schema"] is not None:
        raise asyncpg.InsufficientPrivilegeError(
            f"the tables are in the schema {found['schema']}, which the role {found['role']} may"
            " not use or has not in its search_path"
        )
    raise SchemaError(
        "the database has no tables of this program; run `alembic upgrade head` first"
    )


def _compare(revisions: set[str]) -> None:
    if newer := revisions - set(REVISIONS):
        raise SchemaError(
            f"the tables are of revision {', '.join(sorted(newer))}, which this version does not"
            f" know (it needs {REVISIONS[-1]}): a newer version made them; run that one"
        )
    if revisions != {REVISIONS[-1]}:
        are = ", ".join(sorted(revisions)) or "none"
        raise SchemaError(
            f"the tables are of revision {are} and this version needs {REVISIONS[-1]}; run"
            " `alembic upgrade head` first"
        )
