"""Messages of one row and of several in one topic, on real Kafka and TimescaleDB."""

import random
import secrets

import pytest

from telemetry.codec import encode, encode_rows
from telemetry.state_vector import StateVector
from testkit import databases
from testkit.deployment import Deployment
from testkit.migration import migrate
from testkit.producer import Outgoing, as_messages, vectors
from testkit.queries import fetch, fetch_value
from testkit.services import Service
from testkit.waiting import wait_until

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database, pytest.mark.timeout(180)]

ROWS = 20_000
KILLS = 3

_REFUSE = "ALTER TABLE stored_state_vectors ADD CONSTRAINT refused CHECK (icao24 <> '{}')"


def mixed_messages(found: list[StateVector], partitions: int) -> list[Outgoing]:
    """Publish rows one by one, or up to 500 in a message, as chance decides."""
    chance = random.Random(5)
    messages: list[Outgoing] = []
    for partition in range(partitions):
        waiting = found[partition::partitions]
        while waiting:
            some = waiting[: chance.choice([1, 1, 2, 50, 500])]
            waiting = waiting[len(some) :]
            value = encode(some[0]) if len(some) == 1 else encode_rows(some)
            messages.append(Outgoing(value, partition=partition))
    return messages


def start_archive(deployment: Deployment) -> Service:
    """Start an instance in a group of its own, which need not wait for a dead one's session."""
    return deployment.archive(
        KAFKA_GROUP_ID=f"archive-{secrets.token_hex(4)}", ARCHIVE_MAX_BATCH_MESSAGES="1500"
    )


def wait_for_progress(deployment: Deployment, archive: Service) -> None:
    """Wait until an instance has committed something of its own."""
    count = "SELECT count(*) FROM ingest_ledger"
    before = int(fetch_value(deployment.database_url, count))
    archive.wait_for_event("assigned")
    wait_until(
        lambda: (
            int(fetch_value(deployment.database_url, count)) > before or not deployment.behind()
        ),
        timeout_s=20,
        what=archive.log_tail,
    )


def test_mixed_messages_are_stored_once_through_kills(deployment: Deployment) -> None:
    """Rows that are malformed or refused become dead letters of their own; replays are counted."""
    made = vectors(ROWS, aircraft=2_000)
    databases.execute(deployment.database_url, _REFUSE.format(made[7].icao24))
    n_refused = sum(vector.icao24 == made[7].icao24 for vector in made)
    poison = b"[%s]" % b",".join([encode(made[0]), b'{"icao24":"zzz"}', encode(made[1])])
    messages = mixed_messages(made, deployment.partitions)
    deployment.publish([*messages, Outgoing(poison, partition=2), *messages[: len(messages) // 4]])
    for _ in range(KILLS):
        archive = start_archive(deployment)
        wait_for_progress(deployment, archive)
        archive.kill()
    start_archive(deployment)
    deployment.wait_until_stored(60)
    account = deployment.check()
    assert account.rows == ROWS - n_refused
    [(n_in, n_rows, n_dead)] = fetch(
        deployment.database_url, "SELECT sum(n_in), sum(n_rows), sum(n_dead) FROM ingest_ledger"
    )
    assert (n_in, n_rows, n_dead) == (account.records, account.published, account.dead_letters)
    assert n_dead > n_refused  # the refused rows that were published again as well
    whole = (
        "SELECT count(*) FROM dead_letters WHERE row_index IS NULL AND substr(value, 1, 1) = '['"
    )
    assert fetch_value(deployment.database_url, whole) == 0
    proof = deployment.audit(kafka=True)
    assert proof.returncode == 0, proof.stdout
    assert f"{account.published} rows of {account.records} messages" in proof.stdout


def test_a_downgrade_keeps_messages_of_several_rows(deployment: Deployment) -> None:
    """The revision before cannot express their dead letters; rows and letters stay all the same."""
    value = b"[%s]" % b",".join([b"{}", encode(vectors(1)[0]), b"1"])
    deployment.publish([Outgoing(value, partition=1), *as_messages(vectors(10, first=100))])
    archive = deployment.archive()
    deployment.wait_until_stored()
    assert archive.stop() == 0
    assert deployment.check().dead_letters == 2
    migrate(deployment.database_url, "downgrade", "0008")
    assert fetch_value(deployment.database_url, "SELECT count(*) FROM dead_letters") == 2
    assert fetch_value(deployment.database_url, "SELECT sum(n_dead) FROM ingest_ledger") == 2
    migrate(deployment.database_url)
    assert fetch_value(deployment.database_url, "SELECT sum(n_rows) FROM ingest_ledger") == 13
