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


class IdentityCheck:
    """Knows which log the archive reads, and asks whether the topic is still that log.

    Args:
        broker: Where to request it.
        stopping: Set once the archive has to end; then a request that failed is not repeated.
    """

    def __init__(self, broker: Broker, stopping: threading.Event) -> None:
        self._broker = broker
        self._stopping = stopping
        self._identity: LogIdentity | None = None

    def begin(self) -> LogIdentity:
        """Note and return which log the topic is now.

        Raises:
            ReconnectError: No broker answers, or none has the topic yet.
        """
        self._identity = self._broker.identify()
        return self._identity

    def confirm(self) -> None:
        """Return if the topic has not been deleted and created again since `begin`.

        One broker may be silent while those that keep the messages are not. The next request may
        be answered by another one, and until then this instance keeps its place in the group.

        Raises:
            ReconnectError: No broker has answered in time, or Kafka refuses this client.
            LogLostError: It is another topic of the same name.
        """
        before = self._identity
        now = self._request()
        if before is None or _is_same(before, now):
            return
        now = self._request()  # one answer alone gives nothing up
        if not _is_same(before, now):
            raise LogLostError(
                f"topic {now.topic} was deleted and created again while it was being stored: "
                f"its id was {before.topic_id} and is {now.topic_id}"
            )

    def _request(self) -> LogIdentity:
        give_up_at = time.monotonic() + CONFIRM_SECONDS
        while True:
            try:
                return self._broker.identify()
            except ReconnectError:
                if self._broker.is_refused or time.monotonic() > give_up_at:
                    raise
                if self._stopping.wait(_PAUSE_SECONDS):
                    raise


def _is_same(one: LogIdentity, other: LogIdentity) -> bool:
    """Whether it is the same log; partitions may have been added."""
    return (one.cluster_id, one.topic_id) == (other.cluster_id, other.topic_id)


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
