"""Who is watching: how many in all, from one address, and by one principal."""

import msgspec

from processor.access.slots import Client, OverloadedError, SlotLimits, Slots
from processor.live.metrics import LiveMetrics
from processor.stream.field_selections import FieldSelections
from processor.stream.output_format import OutputFormat


class StreamClient(Client, frozen=True):
    """Who wants to watch.

    Attributes:
        expires_at: When its token ends, and with it the stream (Unix seconds).
    """

    expires_at: float | None = None


class Limits(msgspec.Struct, frozen=True):
    """How many streams may be open, and how many selections of fields they may have."""

    subscribers: int
    per_address: int
    per_principal: int
    selections: SlotLimits = SlotLimits(total=32, per_principal=4, per_address=4)


class ConnectionLimits:
    """Counts open streams and refuses those above a limit."""

    def __init__(self, limits: Limits, metrics: LiveMetrics) -> None:
        self._metrics = metrics
        self._streams = Slots(
            "streams",
            SlotLimits(
                total=limits.subscribers,
                per_principal=limits.per_principal,
                per_address=limits.per_address,
            ),
            setting="sse.max_viewers",
        )
        self._selections = FieldSelections(limits.selections)

    def enter(self, client: StreamClient, shape: OutputFormat) -> None:
        """Count a visitor and what it gets until it leaves.

        Raises:
            OverloadedError: Saying which limit is reached, and the setting that raises it.
        """
        self._streams.acquire(client)
        try:
            self._selections.take(client, shape)
        except OverloadedError:
            self._streams.release(client)
            raise
        self._metrics.subscribers.set(len(self._streams))

    def leave(self, client: StreamClient, shape: OutputFormat) -> None:
        """Count a visitor no longer, nor what it gets."""
        self._selections.release(client, shape)
        self._streams.release(client)
        self._metrics.subscribers.set(len(self._streams))

    def uses(self, shape: OutputFormat) -> bool:
        """Whether somebody gets this shape."""
        return self._selections.uses(shape)

    def exchange(self, client: StreamClient, before: OutputFormat, after: OutputFormat) -> None:
        """Count what a visitor gets from now on in the place of what it got.

        Raises:
            OverloadedError: It has too many selections of fields; nothing is changed.
        """
        self._selections.exchange(client, before, after)
