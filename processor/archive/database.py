"""One connection to the database, made again whenever it breaks."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar

import asyncpg
import structlog
import tenacity

from processor.archive.instants import take_unix_seconds
from processor.errors import FatalError, SchemaError

log = structlog.get_logger()

Result = TypeVar("Result")
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
"""Generic for the type checker only; at run time the class takes no parameter."""

Record: TypeAlias = asyncpg.Record

Operation = Callable[[Connection], Awaitable[Result]]

TRANSIENT = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InternalClientError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.PostgresSystemError,
    asyncpg.PostgresIOError,
    asyncpg.InterfaceError,
)
"""A dead, starting, full or overloaded server, a lost connection, a deadlock: all of them pass."""

MISSING_SCHEMA = (asyncpg.UndefinedTableError, asyncpg.UndefinedFunctionError)

REFUSED = (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError)


TO_ANY_CHUNK = {"timescaledb.max_tuples_decompressed_per_dml_transaction": "0"}
"""For rows that come so late that their chunk is compressed: TimescaleDB unpacks what stands around
them, and beyond 100,000 rows would refuse the transaction, each time anew. Unknown to other
servers, where it does nothing."""


def _is_transient(error: BaseException) -> bool:
    # asyncpg files rows that it cannot encode under InterfaceError too: those never pass.
    return isinstance(error, TRANSIENT) and not isinstance(error, asyncpg.DataError | ValueError)


class Database:
    """Runs operations one after another, each again until it succeeds or cannot."""

    def __init__(
        self,
        *,
        url: str,
        application_name: str,
        connect_timeout_seconds: float,
        statement_timeout_seconds: float,
    ) -> None:
        self._url = url
        self._connect_timeout_seconds = connect_timeout_seconds
        self._statement_timeout_seconds = statement_timeout_seconds
        self._server_settings = {
            "application_name": application_name,
            "timezone": "UTC",
            "statement_timeout": str(int(statement_timeout_seconds * 1000)),
            # A process that sleeps in a transaction must not keep its locks from its successor.
            "idle_in_transaction_session_timeout": str(int(statement_timeout_seconds * 1000)),
            "lock_timeout": str(int(statement_timeout_seconds * 1000)),
            **TO_ANY_CHUNK,
        }
        self._connection: Connection | None = None
        self._one_at_a_time = asyncio.Lock()
        self.is_reachable = False

    async def run(self, operation: Operation[Result]) -> Result:
        """Run an operation; it must tolerate to be run again after any part of it took effect.

        Raises:
            SchemaError: The tables are missing.
            FatalError: The server refuses us.
        """
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(_is_transient),
            wait=tenacity.wait_random_exponential(multiplier=0.1, max=2),
            before_sleep=self._report,
        )
        try:
            return await retrying(self._attempt, operation)
        except MISSING_SCHEMA as error:
            raise SchemaError(f"{error}. Run `alembic upgrade head` first") from error
        except REFUSED as error:
            raise FatalError(f"the database refuses us: {error}. See database.url") from error

    async def _attempt(self, operation: Operation[Result]) -> Result:
        async with self._one_at_a_time:
            try:
                connection = await self._connect()
                # A half-open connection answers nothing at all, not even an error. Cut off, not
                # cancelled: cancelled in a transaction, the driver waits for ROLLBACK's answer.
                deadline = asyncio.get_running_loop().call_later(
                    2 * self._statement_timeout_seconds, connection.terminate
                )
                try:
                    result = await operation(connection)
                finally:
                    deadline.cancel()
            except BaseException:
                self._drop()
                raise
            self.is_reachable = True
            return result

    async def _connect(self) -> Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                self._url,
                timeout=self._connect_timeout_seconds,
                server_settings=self._server_settings,
            )
            await take_unix_seconds(self._connection)
        return self._connection

    def _drop(self) -> None:
        """Forget a connection that is in an unknown state."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    def _report(self, state: tenacity.RetryCallState) -> None:
        if self.is_reachable or state.attempt_number == 1:
            error = state.outcome.exception() if state.outcome else None
            log.warning("database_does_not_answer", error=repr(error))
        self.is_reachable = False

    async def close(self) -> None:
        """End the connection; quickly, also when the server does not answer."""
        if self._connection is not None:
            try:
                await self._connection.close(timeout=2)
            except TRANSIENT:
                self._drop()
            self._connection = None
