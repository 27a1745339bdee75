"""kill -9 while a backlog is being stored: most blows fall in the middle of a transaction."""

import random
import secrets
import time

import pytest

from testkit.deployment import Deployment
from testkit.fault_seed import fault_seed
from testkit.producer import Outgoing, as_messages, vectors
from testkit.queries import fetch_value
from testkit.services import Service
from testkit.waiting import wait_until

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database, pytest.mark.timeout(300)]

BACKLOG = 60_000
REPEATED = 10_000
KILLS = pytest.mark.parametrize(
    "kills", [6, pytest.param(30, marks=[pytest.mark.nightly, pytest.mark.timeout(1_800)])]
)

CATCH_UP_S = 150
"""How long storing the backlog may take, beside the other tests; alone it takes some seconds."""

TRANSACTIONS = "SELECT count(*) FROM ingest_ledger"


@pytest.fixture
def chance() -> random.Random:
    """Give chance that can be repeated."""
    return random.Random(fault_seed())


def publish_backlog(deployment: Deployment) -> None:
    """Publish state vectors, some twice, and a little garbage."""
    messages = as_messages(vectors(BACKLOG, aircraft=3_000))
    messages += messages[:REPEATED]
    for place in range(0, len(messages), 1_000):
        messages[place] = Outgoing(b"garbage", messages[place].key)
    deployment.publish(messages)


def start_archive(deployment: Deployment) -> Service:
    """Start an instance in a group of its own, which need not wait for a dead one's session."""
    return deployment.archive(
        KAFKA_GROUP_ID=f"archive-{secrets.token_hex(4)}", ARCHIVE_MAX_BATCH_MESSAGES="1000"
    )


def wait_for_progress(deployment: Deployment, archive: Service) -> None:
    """Wait until an instance has committed something of its own."""
    before = int(fetch_value(deployment.database_url, TRANSACTIONS))
    archive.wait_for_event("assigned")
    wait_until(
        lambda: (
            int(fetch_value(deployment.database_url, TRANSACTIONS)) > before
            or not deployment.behind()
        ),
        timeout_s=20,
        what=archive.log_tail,
    )


@KILLS
def test_archive_is_killed_again_and_again(
    deployment: Deployment, chance: random.Random, kills: int
) -> None:
    """Each successor goes on exactly where the database says."""
    publish_backlog(deployment)
    for _ in range(kills):
        archive = start_archive(deployment)
        wait_for_progress(deployment, archive)
        time.sleep(chance.uniform(0, 0.15))
        archive.kill()
    start_archive(deployment)
    deployment.wait_until_stored(CATCH_UP_S)
    account = deployment.check()
    assert account.records == BACKLOG + REPEATED
    assert account.dead_letters == account.records // 1_000


@KILLS
def test_database_is_killed_again_and_again(
    deployment: Deployment, chance: random.Random, kills: int
) -> None:
    """One instance carries on after every crash of the server."""
    publish_backlog(deployment)
    archive = start_archive(deployment)
    for _ in range(kills // 2):
        wait_for_progress(deployment, archive)
        time.sleep(chance.uniform(0, 0.15))
        deployment.timescale.kill()
        deployment.timescale.start()
    deployment.wait_until_stored(CATCH_UP_S)
    assert archive.is_running, archive.log_tail()
    account = deployment.check()
    assert account.records == BACKLOG + REPEATED
    assert account.dead_letters == account.records // 1_000
