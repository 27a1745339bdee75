"""Wait until the archive has stored what the embedded log holds, since that ends with us."""

import time
from typing import Protocol

from standalone.processor_status import Figures
from standalone.stop_signals import StopSignals

_STORED_SECONDS = 3.0
_POLL_SECONDS = 0.1


class LogEnd(Protocol):
    """The broker's side."""

    def messages(self) -> int | None:
        """Return how many messages the log has taken, None if that is unknown."""


class Status(Protocol):
    """The processor's side."""

    def figures(self) -> Figures | None:
        """Return its figures, None without an answer."""


def wait_until_stored(log_end: LogEnd, status: Status, signals: StopSignals) -> str | None:
    """Wait a moment for the archive; return what must be said if it did not get there."""
    give_up_at = time.monotonic() + _STORED_SECONDS
    while missing := _not_stored(log_end.messages(), figures := status.figures()):
        if figures is not None and "archive" in figures.failed:
            return f"{missing} not stored and lost with the embedded broker: the archive has failed"
        if time.monotonic() > give_up_at or signals.is_hurried:
            return f"{missing} not stored in time and lost with the embedded broker"
        signals.wait(_POLL_SECONDS)
    return None


def _not_stored(messages: int | None, figures: Figures | None) -> str | None:
    if messages == 0:
        return None
    if messages is None or figures is None:
        return "an unknown number of messages was perhaps"
    missing = messages - figures.messages_accounted
    return f"{missing:,} messages were" if missing > 0 else None
