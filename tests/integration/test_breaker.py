"""A little garbage is set aside; garbage alone stops the archive."""

import pytest

from testkit.deployment import Deployment
from testkit.fault_record import record_faults
from testkit.producer import Outgoing, as_messages, vectors
from testkit.queries import fetch_value

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database]

GARBAGE = Outgoing(b"garbage", b"4b1814")


def test_one_percent_of_garbage_is_set_aside_and_the_flow_goes_on(deployment: Deployment) -> None:
    """Every hundredth message is malformed: all of those, and only those, are dead letters."""
    messages = as_messages(vectors(9_900))
    for place in range(0, 10_000, 100):
        messages.insert(place, GARBAGE)
    record_faults(100)
    deployment.publish(messages)
    archive = deployment.archive()
    deployment.wait_until_stored()
    assert archive.stop() == 0
    account = deployment.check()
    assert (account.rows, account.dead_letters) == (9_900, 100)


def test_garbage_alone_stops_the_archive(deployment: Deployment) -> None:
    """After a bad deploy it ends with 1, says why, and stores nothing of the batch at fault."""
    good = as_messages(vectors(2_000))
    deployment.publish(good)
    first = deployment.archive()
    deployment.wait_until_stored()
    assert first.stop() == 0
    deployment.publish([GARBAGE] * 3_000)
    record_faults(3_000)
    second = deployment.archive()
    assert second.wait() == 1
    reason = second.wait_for_event("cannot_go_on")["reason"]
    assert "malformed" in reason
    assert "archive.max_invalid_consecutive" in reason
    set_aside = int(fetch_value(deployment.database_url, "SELECT count(*) FROM dead_letters"))
    assert set_aside < 1_000
    assert deployment.audit().returncode == 0


def test_archive_goes_on_once_the_operator_allows_it(deployment: Deployment) -> None:
    """With the limits raised all garbage is set aside, and what follows is stored."""
    deployment.publish([*[GARBAGE] * 1_500, *as_messages(vectors(500))])
    record_faults(1_500)
    assert deployment.archive().wait() == 1
    deployment.archive(ARCHIVE_MAX_INVALID_CONSECUTIVE="2000", ARCHIVE_MAX_INVALID_RATIO="1")
    deployment.wait_until_stored()
    account = deployment.check()
    assert (account.rows, account.dead_letters) == (500, 1_500)
