"""Records how long a tick takes until its first frame is sent, in the traces of its polls."""

import time
from collections.abc import Callable, Iterable

from configuration.tracing import NO_TRACING, Tracing
from processor.message import note_traceparent


class FirstFrame:
    """Follows one tick at a time; the next one replaces a tick that no subscriber was sent.

    Attributes:
        is_awaited: Whether a tick is shown and no frame of it was sent yet.
    """

    def __init__(
        self, tracing: Tracing = NO_TRACING, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._tracing = tracing
        self._monotonic = monotonic
        self._read: dict[bytes, None] = {}
        self._traceparents: dict[bytes, None] = {}
        self._began_at = 0.0
        self._tick_number = 0
        self.is_awaited = False

    def read(self, traceparents: Iterable[bytes]) -> None:
        """Note the traces of polls whose messages were read."""
        for traceparent in traceparents:
            note_traceparent(traceparent, self._read)

    def forget(self) -> None:
        """Forget the traces of messages that no tick of this process is the first to show."""
        self._read = {}

    def begin(self) -> None:
        """Note that a tick with all that was read is computed."""
        self._traceparents, self._read = self._read, {}
        self._began_at = self._monotonic()
        self.is_awaited = False

    def show(self, tick_number: int) -> None:
        """Note that the tick is shown."""
        self._tick_number = tick_number
        self.is_awaited = bool(self._traceparents)

    def send(self, tick_number: int) -> None:
        """Note that a subscriber was sent a frame of a tick."""
        if not self.is_awaited or tick_number != self._tick_number:
            return
        self.is_awaited = False
        self._tracing.record(
            "first_frame",
            self._traceparents,
            seconds=self._monotonic() - self._began_at,
            attributes={"messaging.system": "kafka", "messaging.operation.type": "process"},
        )
