"""The stage of the processor's integration tests, and an empty database of each edition."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from standalone.database import EmbeddedDatabase
from tests.support import databases
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
