"""Run the migrations: one at a time across machines, and never behind a long lock."""

import asyncio

import asyncpg
from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from telemetry.settings import load_settings

LOCK = 0x666C69676874
"""Key of the advisory lock: "flight" in ASCII, so that no other program takes it by chance."""


def migrate(connection: Connection) -> None:
    # A second migrator waits for the first; DDL that has to wait for a table gives up soon,
    # because everything else would queue up behind it.
    connection.execute(text("SET lock_timeout = '120s'"))
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
    connection.execute(text("SET lock_timeout = '10s'"))
    connection.commit()
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def main(url: str) -> None:
    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(url, timeout=30)

    # asyncpg reads the URL itself: it knows libpq's parameters, such as sslmode.
    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)


if context.is_offline_mode():
    raise SystemExit("offline mode: the edition of the database is found by asking it")
asyncio.run(main(load_settings().database.url.get_secret_value()))
