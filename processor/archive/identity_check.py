"""Check that the topic is still the one that is being stored, and holds what comes next."""

import threading
import time

from processor.archive.batch import Claim
from processor.errors import RESET_OFFSETS, LogLostError, ReconnectError
from processor.kafka import Broker
from processor.message import LogIdentity, Watermarks

CONFIRM_SECONDS = 60.0
"""How long a batch may wait for an answer: far less than max.poll.interval.ms (300 s)."""

_PAUSE_SECONDS = 0.2


def confirm(broker: Broker, identity: LogIdentity, stopping: threading.Event) -> None:
    """Return if the topic has not been deleted and created again.

    One broker may be silent while those that keep the messages are not. The next request may be
    answered by another one, and until then this instance keeps its place in the group.

    Args:
        broker: Where to request what the topic is now.
        identity: What it was when its messages began to be read.
        stopping: Set once the archive has to end; then a request that failed is not repeated.

    Raises:
        ReconnectError: No broker has answered in time, or Kafka refuses this client.
        LogLostError: It is another topic of the same name.
    """
    if _is_same(identity, _request(broker, stopping)):
        return
    now = _request(broker, stopping)  # one answer alone gives nothing up
    if not _is_same(identity, now):
        raise LogLostError(
            f"topic {now.topic} was deleted and created again while it was being stored: "
            f"its id was {identity.topic_id} and is {now.topic_id}"
        )


def check_held(topic: str, claim: Claim, held: Watermarks) -> None:
    """Return if a partition holds the offset that comes next.

    Args:
        topic: For the error.
        claim: The partition and its stored position.
        held: Read after the claim, for until then another instance may have stored newer messages.

    Raises:
        LogLostError: It does not.
    """
    if not held.low <= claim.next_offset <= held.high:
        raise LogLostError(
            f"{topic}[{claim.partition}] holds offsets {held.low} to {held.high}, but "
            f"{claim.next_offset} comes next: messages were removed before they were stored. "
            f"{RESET_OFFSETS}"
        )


def _request(broker: Broker, stopping: threading.Event) -> LogIdentity:
    give_up_at = time.monotonic() + CONFIRM_SECONDS
    while True:
        try:
            return broker.identify()
        except ReconnectError:
            if broker.is_refused or time.monotonic() > give_up_at:
                raise
            if stopping.wait(_PAUSE_SECONDS):
                raise


def _is_same(one: LogIdentity, other: LogIdentity) -> bool:
    """Whether it is the same log; partitions may have been added."""
    return (one.cluster_id, one.topic_id) == (other.cluster_id, other.topic_id)
