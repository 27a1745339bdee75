"""Starts the real parts of a benchmark: Apache Kafka, TimescaleDB, embedded PostgreSQL."""

import contextlib
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from confluent_kafka import KafkaException

from standalone.database import EmbeddedDatabase
from standalone.database_folder import EmbeddedDatabaseError
from testkit import kafka_install, migration, timescale_install
from testkit.cache import PartUnavailableError
from testkit.databases import execute
from testkit.kafka import Kafka
from testkit.server import ServerFailedError
from testkit.services import ServiceFailedError
from testkit.timescale import Timescale

PARTITIONS = 12

MISSING = (
    PartUnavailableError,
    ServerFailedError,
    EmbeddedDatabaseError,
    ServiceFailedError,
    KafkaException,
)
"""Errors if a real part is not available; the message is a sentence for the user."""


@contextlib.contextmanager
def real_kafka() -> Iterator[Kafka]:
    """Install Apache Kafka unless it is there, and run it.

    Raises:
        PartUnavailableError: It cannot be installed here.
        ServerFailedError: It did not start.
    """
    if kafka_install.unavailable_reason() is not None:
        kafka_install.install()
    with Kafka() as kafka:
        yield kafka


@contextlib.contextmanager
def real_timescale() -> Iterator[str]:
    """Install TimescaleDB unless it is there, run it, and give the server's address.

    Raises:
        PartUnavailableError: It cannot be installed here.
        ServerFailedError: It did not start.
    """
    if timescale_install.unavailable_reason() is not None:
        timescale_install.install()
    with Timescale() as server:
        execute(server.dsn, "ALTER SYSTEM SET track_commit_timestamp = on")
        server.restart()
        yield server.dsn


@contextlib.contextmanager
def embedded_postgres() -> Iterator[str]:
    """Run the embedded PostgreSQL, and give the address of the server.

    Raises:
        EmbeddedDatabaseError: It cannot be run here.
    """
    folder = Path(tempfile.mkdtemp(prefix="embedded-"))
    # mkdtemp closes the folder to others, and the server may be another user.
    folder.chmod(0o755)
    try:
        with EmbeddedDatabase(folder / "database") as database:
            yield database.url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def migrated_database(server_dsn: str) -> Iterator[str]:
    """Give a migrated, empty database after a checkpoint."""
    with migration.migrated_database(server_dsn) as dsn:
        execute(server_dsn, "CHECKPOINT")
        yield dsn


def new_topic(kafka: Kafka) -> str:
    """Create a topic as the collector does and return its name."""
    name = f"telemetry.raw.{secrets.token_hex(4)}"
    kafka.create_topic(name, PARTITIONS)
    return name
