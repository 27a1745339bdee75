"""Kafka messages without a broker."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from telemetry.codec import encode, encode_rows
from telemetry.state_vector import StateVector


class InventedMessage(NamedTuple):
    """A `processor.message.Message` of plain values."""

    at_partition: int
    at_offset: int
    bytes_: bytes | None
    header_values: Mapping[str, bytes | None] = {}

    def partition(self) -> int:
        return self.at_partition

    def offset(self) -> int:
        return self.at_offset

    def key(self) -> bytes | None:
        return b"key"

    def value(self) -> bytes | None:
        return self.bytes_

    def headers(self) -> list[tuple[str, str | bytes | None]] | None:
        return list(self.header_values.items()) or None

    def timestamp(self) -> tuple[int, int]:
        return 1, 1_790_000_000_000


def message(partition: int, offset: int, vector: StateVector) -> InventedMessage:
    """Return the message that publishes a state vector."""
    return InventedMessage(partition, offset, encode(vector))


def garbage(partition: int, offset: int, value: bytes | None = b"\xff") -> InventedMessage:
    """Return a message that holds no state vector."""
    return InventedMessage(partition, offset, value)


def message_of_rows(partition: int, offset: int, vectors: Sequence[StateVector]) -> InventedMessage:
    """Return the message that publishes several state vectors."""
    return InventedMessage(partition, offset, encode_rows(vectors))
