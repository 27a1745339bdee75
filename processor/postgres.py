"""Connect to PostgreSQL, and refuse a connection pooler in between."""

import secrets
from typing import TypeAlias

import asyncpg

from processor.database_errors import CONNECT_DIRECTLY
from processor.errors import FatalError

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
"""Generic for the type checker only; at run time the class takes no parameter."""

MARK = "flight_monitor.session"
"""A session setting that only this program uses. PostgreSQL accepts it with the login and returns
it; a pooler refuses it, drops it, or returns that of another session."""

_LOST_STATEMENTS = (asyncpg.InvalidSQLStatementNameError, asyncpg.DuplicatePreparedStatementError)


def marked(settings: dict[str, str]) -> dict[str, str]:
    """Return the settings of a session with a random mark added."""
    return {**settings, MARK: secrets.token_hex(8)}


async def connect(url: str, *, timeout_seconds: float, settings: dict[str, str]) -> Connection:
    """Connect, and check that PostgreSQL itself answers.

    Args:
        url: The URL, as in database.url.
        timeout_seconds: For connecting and for the check, each.
        settings: Settings of the session, such as statement_timeout.

    Raises:
        FatalError: A connection pooler answers.
    """
    with_mark = marked(settings)
    connection: Connection = await asyncpg.connect(
        url, timeout=timeout_seconds, server_settings=with_mark
    )
    try:
        await check_mark(connection, with_mark[MARK], timeout_seconds=timeout_seconds)
    except BaseException:
        connection.terminate()
        raise
    return connection


async def check_mark(connection: Connection, mark: str, *, timeout_seconds: float) -> None:
    """Check that the session has the mark it was opened with.

    Raises:
        FatalError: It does not, so a connection pooler answers.
    """
    try:
        found = await connection.fetchval(
            "SELECT current_setting($1, TRUE)", MARK, timeout=timeout_seconds
        )
    except _LOST_STATEMENTS:
        found = None
    if found != mark:
        raise FatalError(CONNECT_DIRECTLY)
