"""The objects that the routes of the stream share."""

from typing import Annotated

import msgspec
from fastapi import Depends

from processor.http.dependencies import provided
from processor.live.broadcaster import Broadcaster
from processor.live.metrics import LiveMetrics
from processor.replay.session import Replay
from processor.settings import SseSettings


class StreamServices(msgspec.Struct, frozen=True):
    """What endpoints stream from.

    Attributes:
        broadcaster: Streams the live state.
        metrics: Counts subscribers.
        settings: Deadlines and allowed origins.
        replay: Streams the past; None if there is no history.
    """

    broadcaster: Broadcaster
    metrics: LiveMetrics
    settings: SseSettings
    replay: Replay | None = None


Streams = Annotated[StreamServices, Depends(provided(StreamServices))]
