"""Queries a database from a test without an event loop, or with one of its own."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import asyncpg

TIMEOUT_S = 20.0


def fetch(dsn: str, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
    """Run one statement over a connection of its own and return its rows."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _fetch(dsn, statement, arguments)).result()


def fetch_value(dsn: str, statement: str, *arguments: object) -> Any:  # noqa: ANN401 - columns of any type
    """Return the first column of the first row, None without a row."""
    rows = fetch(dsn, statement, *arguments)
    return rows[0][0] if rows else None


async def _fetch(dsn: str, statement: str, arguments: tuple[object, ...]) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(dsn, timeout=TIMEOUT_S)
    try:
        return [tuple(row) for row in await connection.fetch(statement, *arguments)]
    finally:
        await connection.close()
