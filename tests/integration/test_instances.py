"""Several instances of the archive divide the work and take it over from each other."""

import pytest

from tests.support.producer import as_messages, vectors
from tests.support.queries import fetch
from tests.support.stage import Stage
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database, pytest.mark.timeout(120)]


def owners(stage: Stage) -> dict[str, int]:
    """Return how many partitions each instance owns, by its process id."""
    rows = fetch(stage.database_url, "SELECT owner, count(*) FROM ingest_offsets GROUP BY owner")
    return {str(owner).rpartition(":")[2]: int(count) for owner, count in rows}


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_two_instances_divide_the_partitions_and_one_takes_over(
    stage: Stage, protocol: str
) -> None:
    """Each has half; when one leaves the other stores everything; nothing twice, nothing lost."""
    published = as_messages(vectors(6_000))
    first = stage.archive(KAFKA_GROUP_PROTOCOL=protocol)
    stage.publish(published[:2_000])
    stage.wait_until_stored()
    second = stage.archive(KAFKA_GROUP_PROTOCOL=protocol)
    pids = {str(first.process.pid), str(second.process.pid)}
    wait_until(
        lambda: owners(stage) == dict.fromkeys(pids, stage.partitions // 2),
        timeout_s=30,
        what=lambda: f"two partitions each: {owners(stage)}",
    )
    stage.publish(published[2_000:4_000])
    stage.wait_until_stored()
    assert second.stop() == 0
    stage.publish(published[4_000:6_000])
    stage.wait_until_stored()
    assert owners(stage) == {str(first.process.pid): stage.partitions}
    account = stage.check()
    assert (account.rows, account.repeated) == (6_000, 0)


def test_stop_under_load_leaves_the_rest_to_the_next(stage: Stage) -> None:
    """Instances come and go while messages arrive; each ends with 0 and the ledger tiles."""
    published = as_messages(vectors(20_000))
    for part in range(4):
        archive = stage.archive(ARCHIVE_MAX_BATCH_MESSAGES="500")
        stage.publish(published[part * 5_000 : (part + 1) * 5_000])
        archive.wait_for_event("assigned")
        assert archive.stop() == 0
    stage.archive()
    stage.wait_until_stored()
    account = stage.check()
    assert (account.rows, account.repeated) == (20_000, 0)
