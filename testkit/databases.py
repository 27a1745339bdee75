"""Fresh databases for tests on a running PostgreSQL server."""

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import asyncpg


def fresh_suffix() -> str:
    """Return letters for a name that no other has."""
    return secrets.token_hex(6)


def create_database(server_dsn: str, name: str | None = None) -> str:
    """Create an empty database on the server and give its address."""
    name = name or f"test_{fresh_suffix()}"
    # template0 has no sessions, ever; template1 may have one that blocks its being copied.
    execute(server_dsn, f'CREATE DATABASE "{name}" TEMPLATE template0')
    return urlsplit(server_dsn)._replace(path=f"/{name}").geturl()


def copy_database(server_dsn: str, dsn: str) -> str:
    """Create a copy of the database at `dsn`, which accepts no session from then on.

    Privileges on the database itself are not copied, those on what it contains are.
    """
    refuse_sessions(server_dsn, dsn)
    copied = f"test_{fresh_suffix()}"
    execute(server_dsn, f'CREATE DATABASE "{copied}" TEMPLATE "{name_of(dsn)}"')
    return urlsplit(server_dsn)._replace(path=f"/{copied}").geturl()


def refuse_sessions(server_dsn: str, dsn: str) -> None:
    """End all sessions of the database at `dsn` and allow no others, those of TimescaleDB included.

    PostgreSQL copies and renames only a database without sessions.
    """
    name = name_of(dsn)
    execute(server_dsn, f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS FALSE')
    execute(
        server_dsn,
        f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'",  # noqa: S608 - our name
    )


def drop_database(server_dsn: str, dsn: str) -> None:
    """Drop the database at `dsn` and end all sessions that it has."""
    execute(server_dsn, f'DROP DATABASE IF EXISTS "{name_of(dsn)}" WITH (FORCE)')


def name_of(dsn: str) -> str:
    """Return the name of the database at `dsn`."""
    return urlsplit(dsn).path.removeprefix("/")


def execute(dsn: str, statement: str) -> None:
    """Run one statement, in a thread of its own, so that async tests can call it as well."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _execute(dsn, statement)).result()


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
