"""The stage of the integration tests, and databases of each edition, empty and filled."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from standalone.database import EmbeddedDatabase
from tests.support import databases, stored_log
from tests.support.edition import Place
from tests.support.kafka import Kafka
from tests.support.stage import Stage
from tests.support.timescale import Timescale


@pytest.fixture
def stage(kafka: Kafka, timescale: Timescale) -> Iterator[Stage]:
    """Give a fresh topic and a migrated, empty database on real parts."""
    with Stage(kafka, timescale) as stage:
        yield stage


@pytest.fixture(scope="module")
def embedded_url() -> Iterator[str]:
    """Give the address of an embedded server."""
    with tempfile.TemporaryDirectory(prefix="embedded-") as folder:
        Path(folder).chmod(0o755)
        with EmbeddedDatabase(Path(folder)) as embedded:
            yield embedded.url


@pytest.fixture(params=["embedded", pytest.param("timescale", marks=pytest.mark.real_database)])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Give an empty database of each kind."""
    is_timescale = request.param == "timescale"
    if is_timescale:
        timescale: Timescale = request.getfixturevalue("timescale")
        timescale.start()
        server = timescale.dsn
    else:
        server = request.getfixturevalue("embedded_url")
    dsn = databases.create_database(server)
    yield Place(dsn, is_timescale)
    databases.drop_database(server, dsn)


class FilledServer(NamedTuple):
    """A server, and a filled database on it that is copied for each test."""

    dsn: str
    filled: str


@pytest.fixture(
    scope="module", params=["embedded", pytest.param("timescale", marks=pytest.mark.real_database)]
)
def filled_server(request: pytest.FixtureRequest) -> Iterator[FilledServer]:
    """Give each kind of server with a database that the archive has stored a log in."""
    if request.param == "timescale":
        timescale: Timescale = request.getfixturevalue("timescale")
        timescale.start()
        filled = stored_log.make(timescale.dsn)
        yield FilledServer(timescale.dsn, filled)
        databases.drop_database(timescale.dsn, filled)
        return
    folder = Path(tempfile.mkdtemp(prefix="embedded-"))
    folder.chmod(0o755)
    with EmbeddedDatabase(folder) as embedded:
        yield FilledServer(embedded.url, stored_log.make(embedded.url))
    shutil.rmtree(folder)


@pytest.fixture
def filled_dsn(filled_server: FilledServer) -> Iterator[str]:
    """Give the address of a copy of the test's own."""
    dsn = stored_log.copy(filled_server.dsn, filled_server.filled)
    yield dsn
    databases.drop_database(filled_server.dsn, dsn)
