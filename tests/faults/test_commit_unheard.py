"""A COMMIT whose acknowledgement is lost counts once, and is counted."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from testkit.commit_loss import CommitLosingProxy
from testkit.deployment import Deployment
from testkit.producer import Outgoing, as_messages, vectors
from testkit.queries import fetch_value
from testkit.waiting import wait_until

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database, pytest.mark.timeout(120)]

ROUNDS = 8


@pytest.fixture
def proxy(deployment: Deployment) -> Iterator[CommitLosingProxy]:
    """Give a way to the stage's database."""
    with CommitLosingProxy(deployment.timescale.port) as proxy:
        yield proxy


def address_by(proxy: CommitLosingProxy, dsn: str) -> str:
    """Return the database's address by way of the proxy."""
    user = urlsplit(dsn).username
    return urlsplit(dsn)._replace(netloc=f"{user}@127.0.0.1:{proxy.port}").geturl()


def test_lost_acknowledgements_neither_lose_nor_repeat(
    deployment: Deployment, proxy: CommitLosingProxy
) -> None:
    """As many commits are found to have succeeded as acknowledgements were cut off."""
    archive = deployment.archive(DATABASE_URL=address_by(proxy, deployment.database_url))
    archive.wait_for_event("assigned")
    wait_until(lambda: len(deployment.behind()) == 0, timeout_s=20, what="an idle archive")
    for number in range(ROUNDS):
        made = vectors(400, first=number * 300)
        proxy.lose(1)
        deployment.publish([Outgoing(b"garbage", b"4b1814"), *as_messages(made)])
        deployment.wait_until_stored()
        wait_until(lambda: proxy.lost > number, timeout_s=10, what="a lost COMMIT")  # noqa: B023
    assert archive.stop() == 0
    account = deployment.check()
    assert account.dead_letters == ROUNDS
    found = len(archive.events("commit_had_succeeded"))
    assert (proxy.lost, found) == (ROUNDS, ROUNDS), archive.log.read_text()


def test_metrics_count_what_a_lost_acknowledgement_stored(
    deployment: Deployment, proxy: CommitLosingProxy
) -> None:
    """The ledger tells what was inserted and what was a duplicate; nothing is counted as both."""
    archive = deployment.archive(DATABASE_URL=address_by(proxy, deployment.database_url))
    archive.wait_for_event("assigned")
    proxy.lose(3)
    once = vectors(500)
    deployment.publish(as_messages([*once, *once[:50]]))
    deployment.wait_until_stored()
    assert archive.stop() == 0
    account = deployment.check()
    assert (account.rows, account.repeated) == (500, 50)
    inserted = fetch_value(
        deployment.database_url, "SELECT sum(n_inserted)::int FROM ingest_ledger"
    )
    assert inserted == 500
