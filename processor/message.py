"""One message of telemetry.raw as the processor sees it, and the log it comes from."""

from typing import NamedTuple, Protocol, cast

import msgspec

from telemetry.codec import Headers

HeaderList = dict[str, str | bytes | None] | list[tuple[str, str | bytes | None]] | None
"""As the client's type has it; what arrives is a list with bytes, or None."""


class Message(Protocol):
    """The part of confluent_kafka.Message that is used; it is read once and not kept."""

    def partition(self) -> int | None: ...  # noqa: D102
    def offset(self) -> int | None: ...  # noqa: D102
    def key(self) -> bytes | None: ...  # noqa: D102
    def value(self) -> bytes | None: ...  # noqa: D102
    def headers(self) -> HeaderList: ...  # noqa: D102
    def timestamp(self) -> tuple[int, int]: ...  # noqa: D102


def read_headers(message: Message) -> Headers:
    """Return the headers by name; of several with one name the last counts."""
    return cast("Headers", dict(message.headers() or ()))


class LogIdentity(msgspec.Struct, frozen=True):
    """Which log offsets belong to: the same numbers of another log mean nothing.

    Attributes:
        cluster_id: The broker's own name of itself; an embedded broker's is new at each start.
        topic: Name of the topic.
        topic_id: Changes when a topic is deleted and made anew; None where the broker has none.
        partitions: How many there are.
    """

    cluster_id: str
    topic: str
    topic_id: str | None
    partitions: int


class Watermarks(NamedTuple):
    """The offsets that a partition holds: from `low` up to and without `high`."""

    low: int
    high: int
