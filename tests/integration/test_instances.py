"""Several instances of the archive divide the work and take it over from each other."""

import pytest

from testkit.deployment import Deployment
from testkit.fault_record import record_faults
from testkit.producer import as_messages, vectors
from testkit.queries import fetch
from testkit.waiting import wait_until

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database, pytest.mark.timeout(120)]


def owners(deployment: Deployment) -> dict[str, int]:
    """Return how many partitions each instance owns, by its process id."""
    rows = fetch(
        deployment.database_url, "SELECT owner, count(*) FROM ingest_offsets GROUP BY owner"
    )
    return {str(owner).rpartition(":")[2]: int(count) for owner, count in rows}


@pytest.mark.parametrize("protocol", ["classic", "consumer"])
def test_two_instances_divide_the_partitions_and_one_takes_over(
    deployment: Deployment, protocol: str
) -> None:
    """Each has half; when one leaves the other stores everything; nothing twice, nothing lost."""
    published = as_messages(vectors(6_000))
    first = deployment.archive(KAFKA_GROUP_PROTOCOL=protocol)
    deployment.publish(published[:2_000])
    deployment.wait_until_stored()
    second = deployment.archive(KAFKA_GROUP_PROTOCOL=protocol)
    pids = {str(first.process.pid), str(second.process.pid)}
    wait_until(
        lambda: owners(deployment) == dict.fromkeys(pids, deployment.partitions // 2),
        timeout_s=30,
        what=lambda: f"two partitions each: {owners(deployment)}",
    )
    deployment.publish(published[2_000:4_000])
    deployment.wait_until_stored()
    record_faults()
    assert second.stop() == 0
    deployment.publish(published[4_000:6_000])
    deployment.wait_until_stored()
    assert owners(deployment) == {str(first.process.pid): deployment.partitions}
    account = deployment.check()
    assert (account.rows, account.repeated) == (6_000, 0)


def test_stop_under_load_leaves_the_rest_to_the_next(deployment: Deployment) -> None:
    """Instances come and go while messages arrive; each ends with 0 and the ledger tiles."""
    published = as_messages(vectors(20_000))
    for part in range(4):
        archive = deployment.archive(ARCHIVE_MAX_BATCH_MESSAGES="500")
        deployment.publish(published[part * 5_000 : (part + 1) * 5_000])
        archive.wait_for_event("assigned")
        record_faults()
        assert archive.stop() == 0
    deployment.archive()
    deployment.wait_until_stored()
    account = deployment.check()
    assert (account.rows, account.repeated) == (20_000, 0)
