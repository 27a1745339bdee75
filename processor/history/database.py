"""Connections that read the history: few for each use, read-only, each with a deadline."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from enum import Enum, auto
from typing import TypeAlias

import asyncpg

from processor.database_errors import Action, TroubleLog, explain
from processor.errors import FatalError
from processor.history.errors import RetryLaterError, TooLargeError
from processor.postgres import MARK, check_mark, marked

Record: TypeAlias = asyncpg.Record
Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"

ACQUIRE_SECONDS = 5.0
"""How long a question waits for a connection before it is told to come again."""


class Use(Enum):
    """What connections are kept for; none is lent to another use."""

    REQUESTS = auto()
    EXPORTS = auto()
    REPLAYS = auto()


class HistoryDatabase:
    """Pools that are opened by the first question, so that nothing else waits for the database.

    Attributes:
        connections: How many each use has.
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
        self._trouble_log = TroubleLog()
        self._one_at_a_time = asyncio.Lock()

    @asynccontextmanager
    async def reading(self, use: Use = Use.REQUESTS) -> AsyncIterator[Connection]:
        """Give a connection in a read-only transaction, whose questions see the same moment.

        Places are counted by whoever asks: `Questions`, the files and the replays.

        Raises:
            RetryLaterError: The database does not answer, or too many ask at once.
            TooLargeError: A statement took longer than allowed.
        """
        try:
            pool = await self._open(use)
            async with (
                pool.acquire(timeout=ACQUIRE_SECONDS) as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                self._trouble_log.end()
                yield connection
        except asyncpg.QueryCanceledError as error:
            raise TooLargeError(
                f"the question took longer than {self._statement_timeout_seconds:g} s: ask for a"
                " shorter time or a smaller area"
            ) from error
        except FatalError as error:
            raise RetryLaterError(f"the history cannot be read now: {error}") from error
        except Exception as error:
            trouble = explain(error)
            if trouble is None or trouble.action is Action.FAULT:
                raise
            self._trouble_log.report(trouble)
            raise RetryLaterError(f"the history cannot be read now: {trouble.reason}") from error

    async def close(self) -> None:
        """End all connections, quickly."""
        for pool in self._pools.values():
            pool.terminate()

    async def _open(self, use: Use) -> "asyncpg.Pool[Record]":
        async with self._one_at_a_time:
            if use not in self._pools:
                session = marked(self._session_settings())
                self._pools[use] = await asyncpg.create_pool(
                    self._url,
                    min_size=0,
                    max_size=self.connections[use],
                    timeout=self._connect_timeout_seconds,
                    server_settings=session,
                    init=lambda connection: check_mark(
                        connection, session[MARK], timeout_seconds=self._connect_timeout_seconds
                    ),
                )
            return self._pools[use]

    def _session_settings(self) -> dict[str, str]:
        return {
            "application_name": "flight-monitor history",
            "timezone": "UTC",
            "statement_timeout": str(int(self._statement_timeout_seconds * 1000)),
            # A client that takes an answer too slowly must not hold back vacuum for ever.
            "idle_in_transaction_session_timeout": "600000",
            "default_transaction_read_only": "on",
            # A plan for what is asked, not for anything that might be; to compile it would take
            # longer than to run it.
            "plan_cache_mode": "force_custom_plan",
            "jit": "off",
        }


def divide(max_connections: int) -> Mapping[Use, int]:
    """Divide the connections among the uses: a quarter for exports, an eighth for replays.

    Questions get the rest, two at the least: a short and a long one.
    """
    exports, replays = max(1, max_connections // 4), max(1, max_connections // 8)
    questions = max(2, max_connections - exports - replays)
    return {Use.REQUESTS: questions, Use.EXPORTS: exports, Use.REPLAYS: replays}
