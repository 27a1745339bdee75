"""The roles of the embedded database: the superuser administers, an ordinary role does the work."""

import asyncio
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg

from standalone.database_folder import DatabaseFolder, ServerFailedError

ROLE = "flights"
"""Owns the tables and is no superuser; as in migrations/sql/roles.sql."""

_SQL = Path(__file__).parent.parent / "migrations" / "sql"
_FILES = ("roles.sql", "0003_reader.sql")
_BETWEEN_STATEMENTS = "\n----\n"
_ANSWER_S = 30.0


def kept_password(passfile: Path, host: str) -> str:
    """Return the role's password out of libpq's password file; make both where there is none."""
    written = passfile.read_text().strip() if passfile.exists() else ""
    _, found, password = written.rpartition(f":{ROLE}:")
    if found and password:
        return password
    password = secrets.token_urlsafe(24)
    new = passfile.with_name(f"{passfile.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        # Any port and database: the port may be another one after a restart.
        file.write(f"{host}:*:*:{ROLE}:{password}\n")
    new.replace(passfile)
    return password


def prepare_roles(folder: DatabaseFolder, superuser_url: str, password: str) -> None:
    """Make the roles, give them what a former version had made as the superuser, set the password.

    In a thread, so that it can be called with and without a running event loop.

    Raises:
        ServerFailedError: The server does not answer, or refuses.
    """
    try:
        with ThreadPoolExecutor(1, thread_name_prefix="database roles") as thread:
            thread.submit(asyncio.run, _prepare(superuser_url, password)).result()
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise ServerFailedError(
            f"the roles of the database in {folder.path} could not be made ({error}); the server's"
            f" log is {folder.log_file}, its superuser's password is in {folder.password_file}"
        ) from error


async def _prepare(superuser_url: str, password: str) -> None:
    connection = await asyncpg.connect(superuser_url, timeout=_ANSWER_S, command_timeout=_ANSWER_S)
    try:
        for name in _FILES:
            for statement in (_SQL / name).read_text().split(_BETWEEN_STATEMENTS):
                await connection.execute(statement)
        # A statement that fails would stand in the server's log, with the password.
        await connection.execute("SET log_min_error_statement = 'panic'")
        await connection.execute(f"ALTER ROLE {ROLE} PASSWORD '{password}'")
    finally:
        await connection.close(timeout=_ANSWER_S)
