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


def drop_database(server_dsn: str, dsn: str) -> None:
    """Drop the database at `dsn`, whoever is connected to it."""
    name = urlsplit(dsn).path.removeprefix("/")
    execute(server_dsn, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


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
