"""End a stream when the right to it is lost, with a closing event that gives the reason."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import Scope

from processor.access.errors import RightLostError
from processor.http.access.admission import Admission
from processor.http.server.connection import connection_of
from processor.live.subscriber import CloseReason, Subscriber

CLOSE_SECONDS = 2.0
"""How long a subscriber may take to read what was sent, and the closing event."""


@contextmanager
def ended_without_right(
    admission: Admission, subscriber: Subscriber, scope: Scope
) -> Iterator[None]:
    """End a stream when its right is lost; disconnect a client that does not read the end.

    Args:
        admission: The gate, and the right that the stream needs.
        subscriber: The subscriber to end.
        scope: The scope of the stream's request.
    """
    timers: list[asyncio.TimerHandle] = []

    def end(lost: RightLostError) -> None:
        subscriber.end(CloseReason(lost.loss, lost.reason))
        give_up = connection_of(scope).give_up
        timers.append(asyncio.get_running_loop().call_later(CLOSE_SECONDS, give_up))

    try:
        with admission.gate.held(admission.right, end):
            yield
    finally:
        for timer in timers:
            timer.cancel()
