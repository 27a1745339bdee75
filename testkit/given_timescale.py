"""A TimescaleDB server that runs already, named by TIMESCALE_URL, instead of one of our own.

So the tests run on the Community edition. There, what a test stores is compressed at once, so that
every query of the tests reads the columnstore.
"""

import os
import shutil
import unittest
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from testkit.timescale import Timescale

_COMPRESS = """
DO $$
DECLARE
    part regclass;
BEGIN
    IF current_setting('timescaledb.license', TRUE) = 'timescale' THEN
        FOR part IN
            SELECT show_chunks(divided::regclass)
            FROM unnest(ARRAY['state_vectors', 'minutely_state_vectors']) AS divided
        LOOP
            CALL convert_to_columnstore(part, if_not_columnstore => TRUE);
        END LOOP;
    END IF;
END
$$
"""


def given_url() -> str | None:
    """Return the address of a superuser's database on the given server; None without one."""
    return os.environ.get("TIMESCALE_URL") or None


class GivenTimescale(Timescale):
    """Takes the place of a server of our own; a test that would stop it is skipped."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    @property
    def dsn(self) -> str:
        """The given address."""
        return self._url

    def start(self) -> None:
        """Do nothing: it runs."""

    def stop(self) -> None:
        """Skip the test."""
        raise unittest.SkipTest("the server of TIMESCALE_URL is not ours to stop")

    def kill(self) -> None:
        """Skip the test."""
        self.stop()

    def reload(self) -> None:
        """Skip the test."""
        self.stop()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Skip the test."""
        self.stop()
        yield

    def remove(self) -> None:
        """Leave it running."""
        shutil.rmtree(self.folder)


async def compress_stored(dsn: str) -> None:
    """Compress all chunks on the server of TIMESCALE_URL; do nothing on a server of our own."""
    if given_url() is None:
        return
    connection = await asyncpg.connect(dsn, server_settings={"client_min_messages": "error"})
    try:
        await connection.execute(_COMPRESS)
    finally:
        await connection.close()
