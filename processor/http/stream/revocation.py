"""SERVE: end a stream when the right to it is gone, with a last event that says why."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import Scope

from processor.access.errors import RightLostError
from processor.http.access.gate_middleware import Admission
from processor.http.server.connection import connection_of
from processor.live.subscriber import CloseReason, Subscriber

LAST_EVENT_SECONDS = 2.0
"""How long a client may take for what is sent to it already, and for the last event."""


@contextmanager
def ended_without_right(
    admission: Admission, subscriber: Subscriber, scope: Scope
) -> Iterator[None]:
    """End a stream when its right is gone; cut it off if the client does not take the end.

    Args:
        admission: The gate, and all that the stream needs.
        subscriber: What is to end.
        scope: Of the stream's request.
    """
    timers: list[asyncio.TimerHandle] = []

    def end(lost: RightLostError) -> None:
        subscriber.end(CloseReason(lost.loss, lost.reason))
        give_up = connection_of(scope).give_up
        timers.append(asyncio.get_running_loop().call_later(LAST_EVENT_SECONDS, give_up))

    try:
        with admission.gate.held(admission.right, end):
            yield
    finally:
        for timer in timers:
            timer.cancel()
