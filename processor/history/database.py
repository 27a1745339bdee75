"""Read-only connections to the history: a small pool for each use, and limits of time."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from enum import Enum, auto
from typing import Any, TypeAlias

import asyncpg

from configuration.database_url import url_parameters
from processor.database_errors import Action, ProblemLog, explain
from processor.errors import FatalError
from processor.history.errors import RetryLaterError, TooLargeError
from processor.postgres import MARK, check_mark, connect_to_one, marked
from processor.settings import ProcessorSettings

Record: TypeAlias = asyncpg.Record
Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"

ACQUIRE_SECONDS = 5.0
"""How long a request waits for a connection before it is refused with `Retry-After`."""


class Use(Enum):
    """What a pool of connections is for; no use takes connections of another one."""

    REQUESTS = auto()
    EXPORTS = auto()
    REPLAYS = auto()


class HistoryDatabase:
    """Opens each pool when it is first used, so that nothing else waits for the database.

    Attributes:
        connections: The number of connections of each use.
    """

    def __init__(
        self,
        *,
        url: str,
        max_connections: int,
        connect_timeout_seconds: float,
        statement_timeout_seconds: float,
    ) -> None:
        self._url = url
        self.connections = divide(max_connections)
        self._connect_timeout_seconds = connect_timeout_seconds
        self._statement_timeout_seconds = statement_timeout_seconds
        self._pools: dict[Use, asyncpg.Pool[Record]] = {}
        self._problem_log = ProblemLog()
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def reading(self, use: Use = Use.REQUESTS) -> AsyncIterator[Connection]:
        """Lend a connection in a read-only transaction, in which all statements see one snapshot.

        The callers (`ConnectionPool`, files and replays) bound how many connections a client has.

        Raises:
            RetryLaterError: The database does not answer, or all connections are in use.
            TooLargeError: A statement took longer than allowed.
        """
        try:
            pool = await self._open(use)
            async with (
                pool.acquire(timeout=ACQUIRE_SECONDS) as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                self._problem_log.end()
                yield connection
        except asyncpg.QueryCanceledError as error:
            raise TooLargeError(
                f"the request took longer than {self._statement_timeout_seconds:g} s: choose a"
                " shorter time range or a smaller area"
            ) from error
        except FatalError as error:
            raise RetryLaterError(f"the history cannot be read: {error}") from error
        except Exception as error:
            trouble = explain(error)
            if trouble is None or trouble.action is Action.FAULT:
                raise
            self._problem_log.report(trouble)
            raise RetryLaterError(f"the history cannot be read: {trouble.reason}") from error

    async def close(self) -> None:
        """Close all connections without waiting for their statements."""
        for pool in self._pools.values():
            pool.terminate()

    async def _open(self, use: Use) -> "asyncpg.Pool[Record]":
        async with self._opening:
            if use not in self._pools:
                session = marked(self._session_settings())
                self._pools[use] = await asyncpg.create_pool(
                    self._url,
                    **self._how_to_connect(),
                    min_size=0,
                    max_size=self.connections[use],
                    timeout=self._connect_timeout_seconds,
                    server_settings=session,
                    init=lambda connection: check_mark(
                        connection, session[MARK], timeout_seconds=self._connect_timeout_seconds
                    ),
                )
            return self._pools[use]

    def _how_to_connect(self) -> dict[str, Any]:
        """Return how a connection is opened to the host that `database.url` asks for.

        These sessions are read-only by default, so that no server would count as read-write.
        """
        asked = url_parameters(self._url).get("target_session_attrs")
        wanted = {"target_session_attrs": "primary"} if asked == "read-write" else {}
        return {"connect": connect_to_one, **wanted}

    def _session_settings(self) -> dict[str, str]:
        return {
            "application_name": "flight-monitor history",
            "timezone": "UTC",
            "statement_timeout": str(int(self._statement_timeout_seconds * 1000)),
            # A client that reads an answer too slowly must not hold back vacuum for ever.
            "idle_in_transaction_session_timeout": "600000",
            "default_transaction_read_only": "on",
            # A plan for the actual arguments, not a generic one. Compiling it (JIT) takes longer
            # than running it.
            "plan_cache_mode": "force_custom_plan",
            "jit": "off",
        }


def divide(max_connections: int) -> Mapping[Use, int]:
    """Divide the connections: a quarter for exports, an eighth for replays, the rest for requests.

    Each use gets at least one, and requests two: one for a fast and one for a slow request.
    """
    exports, replays = max(1, max_connections // 4), max(1, max_connections // 8)
    requests = max(2, max_connections - exports - replays)
    return {Use.REQUESTS: requests, Use.EXPORTS: exports, Use.REPLAYS: replays}


def history_of(settings: ProcessorSettings) -> HistoryDatabase:
    """Return the connections to the history; none is opened yet."""
    return HistoryDatabase(
        url=settings.database.url.get_secret_value(),
        max_connections=settings.history.max_connections,
        connect_timeout_seconds=settings.database.connect_timeout_seconds,
        statement_timeout_seconds=settings.history.statement_timeout_seconds,
    )
