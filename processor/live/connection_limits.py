"""Connection limits: how many streams may be open in all, from one address and by one principal."""

import msgspec

from processor.access.slots import Client, OverloadedError, SlotLimits, Slots
from processor.live.field_selections import FieldSelections
from processor.live.metrics import LiveMetrics
from processor.live.sent_bytes import Transport
from processor.stream.output_format import OutputFormat


class StreamClient(Client, frozen=True):
    """A client that opens a stream.

    Attributes:
        expires_at: When its token expires, and its streams end (Unix seconds); None if never.
        transport: How it is sent the stream.
    """

    expires_at: float | None = None
    transport: Transport = "sse"


class ConnectionLimits(msgspec.Struct, frozen=True):
    """How many streams may be open, and how many selections of fields they may have."""

    subscribers: int
    per_address: int
    per_principal: int
    selections: SlotLimits = SlotLimits(total=32, per_principal=4, per_address=4)


class OpenStreams:
    """Counts open streams and their output formats, and refuses those above a limit."""

    def __init__(self, limits: ConnectionLimits, metrics: LiveMetrics) -> None:
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

    def add(self, client: StreamClient, output_format: OutputFormat) -> None:
        """Count a stream of a client.

        Raises:
            OverloadedError: A limit is reached; the error names the setting that raises it.
        """
        self._streams.acquire(client)
        try:
            self._selections.add(client, output_format)
        except OverloadedError:
            self._streams.release(client)
            raise
        self._metrics.count_subscriber(client.transport, output_format, 1)

    def remove(self, client: StreamClient, output_format: OutputFormat) -> None:
        """Undo `add`."""
        self._selections.remove(client, output_format)
        self._streams.release(client)
        self._metrics.count_subscriber(client.transport, output_format, -1)

    def is_used(self, output_format: OutputFormat) -> bool:
        """Whether an open stream has an output format."""
        return self._selections.is_used(output_format)

    def change(self, client: StreamClient, before: OutputFormat, after: OutputFormat) -> None:
        """Count a stream under another output format.

        Raises:
            OverloadedError: Too many selections of fields are in use; nothing is changed.
        """
        self._selections.change(client, before, after)
        self._metrics.count_subscriber(client.transport, before, -1)
        self._metrics.count_subscriber(client.transport, after, 1)
