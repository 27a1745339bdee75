"""`python -m processor audit` proves that tables are right, and finds what is wrong."""

from collections.abc import Iterator

import pytest
from confluent_kafka import Producer

from testkit import databases
from testkit.audit_log import UnaccountedError, check_log
from testkit.deployment import Deployment
from testkit.kafka import Kafka
from testkit.producer import Outgoing, as_messages, vectors
from testkit.queries import fetch_value
from testkit.timescale import Timescale

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database]

BAD = Outgoing(b"garbage", b"4b1814", partition=1)


@pytest.fixture(scope="module")
def stored(kafka: Kafka, timescale: Timescale) -> Iterator[Deployment]:
    """Give a stage with four rounds of messages stored, some malformed, some repeated."""
    with Deployment(kafka, timescale) as deployment:
        archive = deployment.archive()
        for number in range(4):
            good = as_messages(vectors(300, first=number * 250))
            deployment.publish([*good, BAD])
            deployment.wait_until_stored()
        assert archive.stop() == 0
        yield deployment


def violation(deployment: Deployment) -> str:
    """Run the audit, which must fail, and return its output."""
    done = deployment.audit()
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.startswith("audit violation: "), done.stdout
    return done.stdout


def test_clean_archive_is_proven(stored: Deployment) -> None:
    """The exit code is 0, and the independent checker agrees with the totals."""
    done = stored.audit()
    assert done.returncode == 0, done.stdout + done.stderr
    account = check_log(stored.kafka.bootstrap_servers, stored.topic, stored.database_url)
    assert f"{account.records} messages = {account.rows} inserted" in done.stdout
    assert f"+ {account.repeated} duplicates + {account.dead_letters} dead letters" in done.stdout
    assert account.dead_letters == 4


TAMPERINGS = {
    "first ledger row gone": (
        (
            "DELETE FROM ingest_ledger WHERE partition = 1"
            " AND lo = (SELECT min(lo) FROM ingest_ledger WHERE partition = 1)"
        ),
        "[1]",
    ),
    "middle ledger row gone": (
        (
            "DELETE FROM ingest_ledger WHERE partition = 1"
            " AND lo = (SELECT lo FROM ingest_ledger WHERE partition = 1"
            " ORDER BY lo OFFSET 1 LIMIT 1)"
        ),
        "[1]",
    ),
    "last ledger row gone": (
        (
            "DELETE FROM ingest_ledger WHERE partition = 2"
            " AND lo = (SELECT max(lo) FROM ingest_ledger WHERE partition = 2)"
        ),
        "[2]",
    ),
    "whole ledger of a partition gone": ("DELETE FROM ingest_ledger WHERE partition = 3", "[3]"),
    "next_offset too high": (
        "UPDATE ingest_offsets SET next_offset = next_offset + 1 WHERE partition = 0",
        "[0]",
    ),
    "next_offset too low": (
        "UPDATE ingest_offsets SET next_offset = next_offset - 1 WHERE partition = 2",
        "[2]",
    ),
    "ledger_start shifted": (
        "UPDATE ingest_offsets SET ledger_start = ledger_start + 1 WHERE partition = 3",
        "[3]",
    ),
    "row of offsets gone": ("DELETE FROM ingest_offsets WHERE partition = 3", "[3]"),
    "ledger row shifted": (
        (
            "UPDATE ingest_ledger SET lo = lo - 1, hi = hi - 1 WHERE partition = 1"
            " AND lo = (SELECT max(lo) FROM ingest_ledger WHERE partition = 1)"
        ),
        "[1]",
    ),
    "state vector gone": (
        (
            "DELETE FROM state_vectors WHERE (icao24, last_contact)"
            " = (SELECT icao24, last_contact FROM state_vectors LIMIT 1)"
        ),
        "rows are there",
    ),
    "state vector invented": (
        (
            "INSERT INTO state_vectors (icao24, last_contact, on_ground, spi, position_source)"
            " VALUES ('fffffe', '2026-09-21 12:00Z', FALSE, FALSE, 0)"
        ),
        "rows are there",
    ),
    "dead letter gone": (
        (
            "DELETE FROM dead_letters WHERE message_offset = (SELECT min(message_offset) FROM"
            " dead_letters)"
        ),
        "dead letters are there",
    ),
    "unique index gone": (
        "ALTER TABLE stored_state_vectors DROP CONSTRAINT stored_state_vectors_pkey",
        "no unique index on (icao24, last_contact)",
    ),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_found_and_placed(stored: Deployment, name: str) -> None:
    """The audit fails after any change by hand, and names the place."""
    statement, place = TAMPERINGS[name]
    with_copies = _Copies(stored.database_url)
    databases.execute(stored.database_url, statement)
    try:
        assert place in violation(stored)
    finally:
        with_copies.restore()
    assert stored.audit().returncode == 0


FABRICATED = (
    (
        "UPDATE ingest_ledger SET hi = hi + 1000, seal = ledger_seal(partition, lo, hi + 1000,"
        " n_in, n_inserted, n_duplicate, n_dead, digest) WHERE partition = 1"
        " AND hi = (SELECT max(hi) FROM ingest_ledger WHERE partition = 1)"
    ),
    "UPDATE ingest_offsets SET next_offset = next_offset + 1000 WHERE partition = 1",
)
"""Messages were skipped, and the entry was sealed correctly."""


def test_the_log_itself_agrees(stored: Deployment) -> None:
    """With --kafka the audit counts the messages that the log holds, entry by entry."""
    done = stored.audit(kafka=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "compared: the log: 1204 messages that it still holds" in done.stdout
    assert "--kafka" not in done.stdout


def test_skipped_messages_are_found_in_the_log(kafka: Kafka, timescale: Timescale) -> None:
    """Offsets that the log does not hold yet, and messages that no entry took."""
    with Deployment(kafka, timescale, partitions=2) as deployment:
        deployment.publish(as_messages(vectors(100), partition=1))
        archive = deployment.archive()
        deployment.wait_until_stored()
        assert archive.stop() == 0
        for statement in FABRICATED:
            databases.execute(deployment.database_url, statement)
        assert "1000 offsets between the messages held none" in deployment.audit().stdout
        done = deployment.audit(kafka=True)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "[1] of cluster" in done.stdout
        assert "but is stored up to" in done.stdout
        deployment.publish(as_messages(vectors(1_100, first=10_000), partition=1))
        done = deployment.audit(kafka=True)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "the ledger took" in done.stdout


def test_transaction_markers_are_gaps_and_no_loss(kafka: Kafka, timescale: Timescale) -> None:
    """They are counted and shown; the log agrees that they held no message."""
    with Deployment(kafka, timescale, partitions=1) as deployment:
        publish_in_transactions(deployment, 3)
        deployment.publish(as_messages(vectors(10, first=500)))
        archive = deployment.archive()
        deployment.wait_until_stored()
        assert archive.stop() == 0
        done = deployment.audit(kafka=True)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "compared: 3 offsets between the messages held none" in done.stdout
        assert "the log: 40 messages" in done.stdout


def publish_in_transactions(deployment: Deployment, count: int) -> None:
    """Publish ten messages in each of some transactions."""
    producer = Producer(
        {
            "bootstrap.servers": deployment.kafka.bootstrap_servers,
            "transactional.id": deployment.topic,
            "log_level": 0,
        }
    )
    producer.init_transactions(30)
    for number in range(count):
        producer.begin_transaction()
        for message in as_messages(vectors(10, first=number * 10)):
            producer.produce(
                deployment.topic, message.value, message.key, headers=list(message.headers)
            )
        producer.commit_transaction(30)


def test_a_compacted_topic_is_a_violation(kafka: Kafka, timescale: Timescale) -> None:
    """Kafka may remove messages before they are stored; the output names the remedy."""
    topic_config = {"cleanup.policy": "compact"}
    with Deployment(kafka, timescale, partitions=1, topic_config=topic_config) as deployment:
        deployment.publish(as_messages(vectors(10)))
        archive = deployment.archive()
        deployment.wait_until_stored()
        assert archive.stop() == 0
        done = deployment.audit(kafka=True)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "cleanup.policy compact" in done.stdout
        assert "--add-config cleanup.policy=delete" in done.stdout


def test_dead_letter_moved_to_another_offset_is_found(stored: Deployment) -> None:
    """The independent checker fails as well, even where totals still agree."""
    with_copies = _Copies(stored.database_url)
    databases.execute(
        stored.database_url,
        "UPDATE dead_letters SET message_offset = message_offset - 1 WHERE message_offset"
        " = (SELECT max(message_offset) FROM dead_letters)",
    )
    with pytest.raises(UnaccountedError, match="dead letter"):
        check_log(stored.kafka.bootstrap_servers, stored.topic, stored.database_url)
    with_copies.restore()


def test_changed_value_is_found_by_the_independent_checker(stored: Deployment) -> None:
    """A row that differs from its message in one field is named."""
    with_copies = _Copies(stored.database_url)
    databases.execute(
        stored.database_url, "UPDATE stored_state_vectors SET spi = NOT spi WHERE icao24 = '000000'"
    )
    with pytest.raises(UnaccountedError, match=r"changed: \('000000'"):
        check_log(stored.kafka.bootstrap_servers, stored.topic, stored.database_url)
    with_copies.restore()


def test_database_without_the_tables_is_named(deployment: Deployment) -> None:
    """An audit before the migrations says which command is missing."""
    empty = deployment.timescale.create_database()
    deployment.database_url, whole = empty, deployment.database_url
    done = deployment.audit()
    deployment.database_url = whole
    deployment.timescale.drop_database(empty)
    assert done.returncode == 1
    assert "alembic upgrade head" in done.stderr


class _Copies:
    """The four tables as they are, to go back to after tampering."""

    tables = ("stored_state_vectors", "dead_letters", "ingest_ledger", "ingest_offsets")

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        for table in self.tables:
            databases.execute(dsn, f"CREATE TABLE copy_of_{table} AS TABLE {table}")

    def restore(self) -> None:
        for table in self.tables:
            databases.execute(self._dsn, f"DELETE FROM {table}")  # noqa: S608 - our names
            databases.execute(self._dsn, f"INSERT INTO {table} TABLE copy_of_{table}")
            databases.execute(self._dsn, f"DROP TABLE copy_of_{table}")
        if not fetch_value(
            self._dsn,
            "SELECT count(*) FROM pg_constraint WHERE conname = 'stored_state_vectors_pkey'",
        ):
            key = "ALTER TABLE stored_state_vectors ADD PRIMARY KEY (icao24, last_contact)"
            databases.execute(self._dsn, key)
