"""A COMMIT whose acknowledgement is lost counts once, and is counted."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.support.commit_loss import CommitLosingProxy
from tests.support.producer import Outgoing, as_messages, vectors
from tests.support.queries import fetch_value
from tests.support.stage import Stage
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database, pytest.mark.timeout(120)]

ROUNDS = 8


@pytest.fixture
def proxy(stage: Stage) -> Iterator[CommitLosingProxy]:
    """Give a way to the stage's database."""
    with CommitLosingProxy(stage.timescale.port) as proxy:
        yield proxy


def address_by(proxy: CommitLosingProxy, dsn: str) -> str:
    """Return the database's address by way of the proxy."""
    user = urlsplit(dsn).username
    return urlsplit(dsn)._replace(netloc=f"{user}@127.0.0.1:{proxy.port}").geturl()


def test_lost_acknowledgements_neither_lose_nor_repeat(
    stage: Stage, proxy: CommitLosingProxy
) -> None:
    """As many commits are found to have succeeded as acknowledgements were cut off."""
    archive = stage.archive(DATABASE_URL=address_by(proxy, stage.database_url))
    archive.wait_for_event("assigned")
    wait_until(lambda: len(stage.behind()) == 0, timeout_s=20, what="an idle archive")
    for number in range(ROUNDS):
        made = vectors(400, first=number * 300)
        proxy.lose(1)
        stage.publish([Outgoing(b"garbage", b"4b1814"), *as_messages(made)])
        stage.wait_until_stored()
        wait_until(lambda: proxy.lost > number, timeout_s=10, what="a lost COMMIT")  # noqa: B023
    assert archive.stop() == 0
    account = stage.check()
    assert account.dead_letters == ROUNDS
    assert (proxy.lost, len(archive.events("commit_had_succeeded"))) == (ROUNDS, ROUNDS)


def test_metrics_count_what_a_lost_acknowledgement_stored(
    stage: Stage, proxy: CommitLosingProxy
) -> None:
    """The ledger tells what was inserted and what was a duplicate; nothing is counted as both."""
    archive = stage.archive(DATABASE_URL=address_by(proxy, stage.database_url))
    archive.wait_for_event("assigned")
    proxy.lose(3)
    once = vectors(500)
    stage.publish(as_messages([*once, *once[:50]]))
    stage.wait_until_stored()
    assert archive.stop() == 0
    account = stage.check()
    assert (account.rows, account.repeated) == (500, 50)
    inserted = fetch_value(stage.database_url, "SELECT sum(n_inserted)::int FROM ingest_ledger")
    assert inserted == 500
