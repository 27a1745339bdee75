"""One connection to the database, which is opened again whenever it breaks."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar

import asyncpg
import tenacity

from processor import postgres
from processor.archive.instants import take_unix_seconds
from processor.archive.server_clock import ServerClock
from processor.database_errors import Action, ProblemLog, explain
from processor.errors import FatalError
from processor.schema import check_schema

Result = TypeVar("Result")

Connection: TypeAlias = postgres.Connection
Record: TypeAlias = asyncpg.Record

Operation = Callable[[Connection], Awaitable[Result]]

MISSING_SCHEMA = (asyncpg.UndefinedTableError, asyncpg.UndefinedFunctionError)

FIRST_WAIT_SECONDS = 0.1
MAX_WAIT_SECONDS = {Action.REPEAT: 2.0, Action.WAIT: 10.0}
"""Longest wait between two attempts. A wait is random, below a bound that doubles up to this. After
an outage the server is used soon; a server that refuses the login does not get its log filled."""


TO_ANY_CHUNK = {"timescaledb.max_tuples_decompressed_per_dml_transaction": "0"}
"""Lets rows into compressed chunks, which very late rows fall into. TimescaleDB decompresses the
rows around them, and by default refuses a transaction that needs more than 100,000 of these.
Other servers ignore the setting."""


def _is_retried(error: BaseException) -> bool:
    trouble = explain(error)
    return trouble is not None and trouble.is_retried


class Database:
    """Runs operations one after another, and retries each until it succeeds or cannot succeed."""

    def __init__(
        self,
        *,
        url: str,
        application_name: str,
        connect_timeout_seconds: float,
        statement_timeout_seconds: float,
        host_clock: Callable[[], float] = time.time,
        on_retry: Callable[[], None] | None = None,
    ) -> None:
        self._url = url
        self._connect_timeout_seconds = connect_timeout_seconds
        self._statement_timeout_seconds = statement_timeout_seconds
        self._server_settings = {
            "application_name": application_name,
            "timezone": "UTC",
            "statement_timeout": str(int(statement_timeout_seconds * 1000)),
            # A process that hangs in a transaction must not hold its locks against its successor.
            "idle_in_transaction_session_timeout": str(int(statement_timeout_seconds * 1000)),
            "lock_timeout": str(int(statement_timeout_seconds * 1000)),
            **TO_ANY_CHUNK,
        }
        self._connection: Connection | None = None
        self._one_at_a_time = asyncio.Lock()
        self._clock = ServerClock(host_clock=host_clock)
        self._is_prepared = False
        self._is_schema_checked = False
        self._reason: str | None = None
        self._problem_log = ProblemLog()
        self._on_retry = on_retry
        self.is_reachable = False

    @property
    def cut_off_seconds(self) -> float:
        """How long an operation may take before its connection is cut off."""
        return 2 * self._statement_timeout_seconds

    @property
    def trouble(self) -> str | None:
        """Why the last attempt failed, with the remedy; None if it succeeded."""
        if self.is_reachable:
            return None
        return self._reason or "the database has not answered yet; see database.url if this lasts"

    def server_now(self) -> float | None:
        """Return the server's time in Unix seconds; None until it was read once."""
        return self._clock.now()

    def clock_offset_seconds(self) -> float | None:
        """Return how far the host's clock is ahead of the server's; None until it is known."""
        return self._clock.offset_seconds()

    async def run(self, operation: Operation[Result]) -> Result:
        """Run an operation, which must tolerate another run after any part of it took effect.

        Raises:
            SchemaError: The tables are not those of this version.
            FatalError: The operation would fail each time.
        """
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(_is_retried),
            wait=_back_off,
            before_sleep=self._before_retry,
        )
        try:
            return await retrying(self._attempt, operation)
        except FatalError as error:
            self.is_reachable, self._reason = False, str(error)
            raise
        except Exception as error:
            if (trouble := explain(error)) is None:
                raise
            self._report(error)
            raise trouble.as_error() from error

    def _before_retry(self, state: tenacity.RetryCallState) -> None:
        self._report(_error_of(state))
        if self._on_retry is not None:
            self._on_retry()

    async def _attempt(self, operation: Operation[Result]) -> Result:
        async with self._one_at_a_time:
            try:
                connection = await self._connect()
                # A half-open connection answers nothing, not even an error. It is cut off and not
                # cancelled, because a cancelled transaction waits for the answer to ROLLBACK.
                deadline = asyncio.get_running_loop().call_later(
                    self.cut_off_seconds, connection.terminate
                )
                try:
                    await self._prepare(connection)
                    result = await operation(connection)
                finally:
                    deadline.cancel()
            except BaseException:
                self._drop()
                raise
            self.is_reachable = True
            self._problem_log.end()
            return result

    async def _connect(self) -> Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await postgres.connect(
                self._url,
                timeout_seconds=self._connect_timeout_seconds,
                settings=self._server_settings,
            )
            self._is_prepared = False
        return self._connection

    async def _prepare(self, connection: Connection) -> None:
        """Prepare a new connection, and read the server's clock from time to time."""
        if not self._is_prepared:
            await take_unix_seconds(connection)
            if not self._is_schema_checked:
                await check_schema(connection)
                self._is_schema_checked = True
            self._is_prepared = True
        if self._clock.is_due:
            await self._clock.read(connection)

    def _drop(self) -> None:
        """Close a connection that is in an unknown state."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    def _report(self, error: BaseException) -> None:
        self.is_reachable = False
        if (trouble := explain(error)) is not None:
            self._reason = trouble.reason
            self._problem_log.report(trouble)

    async def close(self) -> None:
        """Close the connection within two seconds, also if the server does not answer."""
        if self._connection is not None:
            try:
                await self._connection.close(timeout=2)
            except Exception as error:
                if explain(error) is None:
                    raise
                self._drop()
            self._connection = None


def _error_of(state: tenacity.RetryCallState) -> BaseException:
    error = state.outcome.exception() if state.outcome else None
    return error or RuntimeError("an attempt that did not fail is repeated")


def _back_off(state: tenacity.RetryCallState) -> float:
    """Return how long to wait: a random part of a bound that doubles with each attempt."""
    trouble = explain(_error_of(state))
    longest = MAX_WAIT_SECONDS[trouble.action if trouble else Action.REPEAT]
    return random.uniform(0, min(longest, FIRST_WAIT_SECONDS * 2**state.attempt_number))  # noqa: S311
