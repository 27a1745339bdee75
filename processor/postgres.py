"""Connect to PostgreSQL, and refuse a connection pooler in between."""

import secrets
from typing import Any, TypeAlias

import asyncpg

from configuration.database_url import single_host_urls
from processor.database_errors import CONNECT_DIRECTLY
from processor.errors import FatalError

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
"""Generic for the type checker only; at run time the class takes no parameter."""

MARK = "flight_monitor.session"
"""A session setting that only this program uses. PostgreSQL accepts it with the login and returns
it; a pooler refuses it, drops it, or returns that of another session."""

_LOST_STATEMENTS = (asyncpg.InvalidSQLStatementNameError, asyncpg.DuplicatePreparedStatementError)

_NEXT_HOST = (OSError, asyncpg.CannotConnectNowError, asyncpg.TargetServerAttributeNotMatched)
"""A host that is away, starts or stops, or is a replica where the primary is asked for."""


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
    connection = await connect_to_one(url, timeout=timeout_seconds, server_settings=with_mark)
    try:
        await check_mark(connection, with_mark[MARK], timeout_seconds=timeout_seconds)
    except BaseException:
        connection.terminate()
        raise
    return connection


async def connect_to_one(url: str, *, timeout: float, **options: Any) -> Connection:  # noqa: ASYNC109, ANN401 - asyncpg's own parameters
    """Connect to the first host of the URL that can be used, with the timeout for each.

    asyncpg's own timeout is for all hosts together, so that a host that is switched off would leave
    no time for the next one.

    Raises:
        OSError: Why the last host could not be used.
        asyncpg.PostgresError: Why a host refused the login.
        asyncpg.TargetServerAttributeNotMatched: It is not what target_session_attrs asks for.
    """
    *others, last = single_host_urls(url)
    for each in others:
        try:
            return await asyncpg.connect(each, timeout=timeout, **options)
        except _NEXT_HOST:
            continue
    return await asyncpg.connect(last, timeout=timeout, **options)


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
