"""A burst of a swarm ends when its group is quiet, and not before all have the same."""

import socket
import time
from collections.abc import Iterator

import pytest

from testkit.swarm_messages import Group
from testkit.swarm_process import MAX_QUIET_TIMES, Bursts, Member

QUIET_S = 0.02
GROUP = Group("group", 2, ("/",), quiet_s=QUIET_S, gets_the_same=True)


@pytest.fixture
def members() -> Iterator[list[Member]]:
    """Give two members with a connection each."""
    pairs = [socket.socketpair() for _ in range(2)]
    yield [Member(ours, GROUP, "/") for ours, _ in pairs]
    for pair in pairs:
        for each in pair:
            each.close()


def test_a_burst_ends_once_all_have_read_the_same(members: list[Member]) -> None:
    """It waits for a member that has read less."""
    bursts = Bursts(GROUP, members)
    bursts.note(members[0], 5, time.monotonic())
    time.sleep(2 * QUIET_S)
    bursts.end()
    assert not bursts.ended
    bursts.note(members[1], 5, time.monotonic())
    time.sleep(2 * QUIET_S)
    bursts.end()
    (burst,) = bursts.ended
    assert (burst.subscribers, burst.least_bytes, burst.most_bytes) == (2, 5, 5)
    assert burst.first_byte <= burst.first_done < burst.last_done
    assert bursts.ends_in_s is None


def test_a_burst_that_stays_unequal_ends_at_last(members: list[Member]) -> None:
    """The benchmark then reports the difference instead of waiting for ever."""
    bursts = Bursts(GROUP, members)
    bursts.note(members[0], 5, time.monotonic())
    time.sleep((MAX_QUIET_TIMES + 1) * QUIET_S)
    bursts.end()
    (burst,) = bursts.ended
    assert (burst.least_bytes, burst.most_bytes) == (0, 5)
