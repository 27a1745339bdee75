"""The database connection of a command, and the sentence with which it ends if that fails."""

import functools
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Concatenate, ParamSpec

from processor.archive.database import TO_ANY_CHUNK, Connection
from processor.database_errors import explain
from processor.postgres import connect
from processor.schema import check_schema
from processor.settings import ProcessorSettings

ONE_PART_AT_A_TIME = {"plan_cache_mode": "force_custom_plan"}
"""A plan for any days locks every part of the table; a plan for given days locks only theirs."""

Options = ParamSpec("Options")
Command = Callable[Concatenate[ProcessorSettings, Options], Awaitable[int]]


def explain_database_errors(command: Command[Options]) -> Callable[..., Coroutine[Any, Any, int]]:
    """Let a command that the database stops end with one sentence: the reason and the remedy."""

    @functools.wraps(command)
    async def explained(
        settings: ProcessorSettings, *args: Options.args, **kwargs: Options.kwargs
    ) -> int:
        try:
            return await command(settings, *args, **kwargs)
        except Exception as error:
            if (trouble := explain(error)) is None:
                raise
            raise trouble.as_error() from error

    return explained


async def connect_for_command(settings: ProcessorSettings) -> Connection:
    """Connect, without retries: an operator waits for the result."""
    timeout_seconds = settings.database.connect_timeout_seconds
    connection = await connect(
        settings.database.url.get_secret_value(),
        timeout_seconds=timeout_seconds,
        settings={"timezone": "UTC", **TO_ANY_CHUNK, **ONE_PART_AT_A_TIME},
    )
    try:
        await check_schema(connection)
    except BaseException:
        connection.terminate()
        raise
    return connection
