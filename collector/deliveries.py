"""What became of the messages of one answer, by Kafka's delivery reports."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from confluent_kafka import KafkaError, Message

from collector.messages import Report
from telemetry.codec import decode_value
from telemetry.state_vector import StateVector

Settle = Callable[[Sequence[StateVector], bool], None]
"""Called with state vectors and whether Kafka has acknowledged them: with those that failed as soon
as that is known, with all others of their answer once the last of its reports has come."""


class Delivered(NamedTuple):
    """Rows that Kafka has acknowledged: state vectors, and rows that could not be read."""

    state_vectors: int
    rejected: int


class Deliveries:
    """Accounts for the messages of one answer.

    All messages of one state vector share one callback, which only counts: with 12,000 of them in
    a poll, an object for each would cost more than the report itself. The state vector of a message
    that failed is read from that message.
    """

    def __init__(
        self,
        state_vectors: Sequence[StateVector],
        *,
        n_rejected: int,
        settle: Settle,
        on_failure: Callable[["Deliveries", Sequence[StateVector], KafkaError], None],
    ) -> None:
        """Expect a report on each row.

        Args:
            state_vectors: Those of the answer that are published.
            n_rejected: The number of rows that could not be read.
            settle: See `Settle`.
            on_failure: Called with the state vectors of a message that failed; none if it held a
                row that could not be read. It calls `fail`.
        """
        self._state_vectors = state_vectors
        self._outstanding = len(state_vectors) + n_rejected
        self._settle = settle
        self._on_failure = on_failure
        self._failed: set[tuple[str, int]] = set()
        self._delivered = self._rejected = 0

    @property
    def is_complete(self) -> bool:
        """Whether every row was acknowledged or has failed."""
        return not self._outstanding

    def report_one_row(self, error: KafkaError | None, message: Message) -> None:
        """Take the report on a message of one state vector."""
        if error is None:
            self._delivered += 1
        else:
            self._on_failure(self, (decode_value(message.value()),), error)

    def report_rejected(self, error: KafkaError | None, _: Message) -> None:
        """Take the report on a message of a row that could not be read."""
        if error is None:
            self._rejected += 1
        else:
            self._on_failure(self, (), error)

    def report_of(self, rows: Sequence[StateVector]) -> Report:
        """Return the callback of a message of several state vectors."""
        return partial(self._report_rows, rows)

    def _report_rows(
        self, rows: Sequence[StateVector], error: KafkaError | None, _: Message
    ) -> None:
        if error is None:
            self._delivered += len(rows)
        else:
            self._on_failure(self, rows, error)

    def fail(self, rows: Sequence[StateVector]) -> int:
        """Record a message that Kafka did not take; return how many rows it held."""
        n_rows = len(rows) or 1
        self._outstanding -= n_rows
        self._failed.update((each.icao24, each.last_contact) for each in rows)
        if rows:
            self._settle(rows, False)  # noqa: FBT003 - a callable's parameters have no names
        self._finish()
        return n_rows

    def take_delivered(self) -> Delivered:
        """Return what was acknowledged since the call before."""
        delivered = Delivered(self._delivered, self._rejected)
        self._delivered = self._rejected = 0
        self._outstanding -= sum(delivered)
        if any(delivered):
            self._finish()
        return delivered

    def _finish(self) -> None:
        """Settle what Kafka has acknowledged, once nothing is outstanding."""
        if self._outstanding:
            return
        failed = self._failed
        delivered = self._state_vectors
        if failed:
            delivered = [e for e in delivered if (e.icao24, e.last_contact) not in failed]
        if delivered:
            self._settle(delivered, True)  # noqa: FBT003 - a callable's parameters have no names
