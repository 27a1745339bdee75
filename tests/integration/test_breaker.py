"""A little garbage is set aside; garbage alone stops the archive."""

import pytest

from tests.support.producer import Outgoing, as_messages, vectors
from tests.support.queries import fetch_value
from tests.support.stage import Stage

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database]

GARBAGE = Outgoing(b"garbage", b"4b1814")


def test_one_percent_of_garbage_is_set_aside_and_the_flow_goes_on(stage: Stage) -> None:
    """Every hundredth message is malformed: all of those, and only those, are dead letters."""
    messages = as_messages(vectors(9_900))
    for place in range(0, 10_000, 100):
        messages.insert(place, GARBAGE)
    stage.publish(messages)
    archive = stage.archive()
    stage.wait_until_stored()
    assert archive.stop() == 0
    account = stage.check()
    assert (account.rows, account.dead_letters) == (9_900, 100)


def test_garbage_alone_stops_the_archive(stage: Stage) -> None:
    """After a bad deploy it ends with 1, says why, and stores nothing of the batch at fault."""
    good = as_messages(vectors(2_000))
    stage.publish(good)
    first = stage.archive()
    stage.wait_until_stored()
    assert first.stop() == 0
    stage.publish([GARBAGE] * 3_000)
    second = stage.archive()
    assert second.wait() == 1
    reason = second.wait_for_event("cannot_go_on")["reason"]
    assert "malformed" in reason
    assert "archive.max_invalid_consecutive" in reason
    set_aside = int(fetch_value(stage.database_url, "SELECT count(*) FROM dead_letters"))
    assert set_aside < 1_000
    assert stage.command("audit").returncode == 0


def test_archive_goes_on_once_the_operator_allows_it(stage: Stage) -> None:
    """With the limits raised all garbage is set aside, and what follows is stored."""
    stage.publish([*[GARBAGE] * 1_500, *as_messages(vectors(500))])
    assert stage.archive().wait() == 1
    stage.archive(ARCHIVE_MAX_INVALID_CONSECUTIVE="2000", ARCHIVE_MAX_INVALID_RATIO="1")
    stage.wait_until_stored()
    account = stage.check()
    assert (account.rows, account.dead_letters) == (500, 1_500)
