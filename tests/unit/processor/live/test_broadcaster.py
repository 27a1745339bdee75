"""Streams are served from the end of the log until the service stops."""

import time

from prometheus_client import CollectorRegistry

from processor.live.broadcaster import Broadcaster
from processor.live.connection_limits import ConnectionLimits
from processor.live.fleet import Fleet
from processor.live.lifetime import Lifetime
from processor.live.metrics import LiveMetrics
from processor.stream.log_position import LogPosition

BEGINNING = LogPosition("epoch", (0,))


def test_it_is_open_while_streams_are_served() -> None:
    broadcaster = Broadcaster(
        metrics=LiveMetrics(CollectorRegistry()),
        limits=ConnectionLimits(subscribers=9, per_address=9, per_principal=9),
        lifetime=Lifetime(retry_ms=1_000, max_age_seconds=60, drain_seconds=0),
    )
    fleet = Fleet(
        start=BEGINNING,
        resumable_after=BEGINNING,
        expiry_seconds=60,
        resume_window_seconds=60,
        clock=time.time,
    )
    broadcaster.begin(fleet)
    found = [broadcaster.is_open]
    for step in (broadcaster.open, broadcaster.suspend, broadcaster.open, broadcaster.close):
        step()
        found.append(broadcaster.is_open)
    assert found == [False, True, False, True, False]
