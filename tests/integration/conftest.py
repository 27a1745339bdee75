"""The stage of the integration tests, and databases of each edition, empty and filled."""

from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

import pytest

from testkit import databases, stored_log
from testkit.archive_site import ArchiveSite
from testkit.deployment import Deployment
from testkit.edition import Place
from testkit.kafka import Kafka
from testkit.migration import migrated_database
from testkit.queries import fetch_value
from testkit.timescale import Timescale


@pytest.fixture
def deployment(kafka: Kafka, timescale: Timescale) -> Iterator[Deployment]:
    """Give a fresh topic and a migrated, empty database on real parts."""
    with Deployment(kafka, timescale) as deployment:
        yield deployment


@pytest.fixture
async def site(migrated_url: str) -> AsyncIterator[ArchiveSite]:
    """Give the archive's writer on a migrated TimescaleDB."""
    site = ArchiveSite(migrated_url)
    await site.restart()
    yield site
    await site.database.close()


@pytest.fixture
def place(server_dsn: str) -> Iterator[Place]:
    """Give an empty database of each kind."""
    dsn = databases.create_database(server_dsn)
    yield Place(dsn, is_timescale=_has_timescale(server_dsn))
    databases.drop_database(server_dsn, dsn)


@pytest.fixture
def migrated_place(server_dsn: str) -> Iterator[Place]:
    """Give a migrated database of each kind, without rows."""
    with migrated_database(server_dsn) as dsn:
        yield Place(dsn, is_timescale=_has_timescale(server_dsn))


def _has_timescale(server_dsn: str) -> bool:
    known = "SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'"
    return bool(fetch_value(server_dsn, known))


class FilledServer(NamedTuple):
    """A server, and a filled database on it that is copied for each test."""

    dsn: str
    filled: str


@pytest.fixture(scope="module")
def filled_server(server_dsn: str) -> Iterator[FilledServer]:
    """Give each kind of server with a database that the archive has stored a log in."""
    filled = stored_log.make(server_dsn)
    yield FilledServer(server_dsn, filled)
    databases.drop_database(server_dsn, filled)


@pytest.fixture
def filled_dsn(filled_server: FilledServer) -> Iterator[str]:
    """Give the address of a copy of the test's own."""
    dsn = databases.copy_database(filled_server.dsn, filled_server.filled)
    yield dsn
    databases.drop_database(filled_server.dsn, dsn)
