"""The process that serves the page and the invented fleet, which moves at each command."""

import math
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from fastapi import APIRouter

from benchmarks.live_channel import LiveChannel
from processor.garbage_collection import tune_gc
from processor.http.page import BUILT
from processor.settings import LiveSettings
from testkit.line_process import commands, log_warnings, reply

LIVE = LiveSettings(tick_seconds=0.05, quiet_seconds=0.01, expiry_seconds=60)
"""Polls may come as fast as the page applies them; aircraft that were seen once expire soon."""

VISITORS = 100
"""Number of aircraft that each poll sees for the only time, so that there are removals."""

TRACK_POINTS = 3_000
"""As many points as the page requests of the track of the selected aircraft."""


class Serving(msgspec.Struct, frozen=True):
    """What the process serves; its argument is this struct as JSON."""

    built: str = str(BUILT)


class Answer(msgspec.Struct, frozen=True):
    """The answer to each command."""

    port: int


def _tracks() -> APIRouter:
    """Return a route that answers every request for a track with a spiral, without a database."""
    router = APIRouter()

    @router.get("/api/flights/{icao24}/track")
    async def track(icao24: str) -> dict[str, Any]:
        now = int(time.time())
        return {
            "icao24": icao24,
            "states": [_point(now, number) for number in range(TRACK_POINTS)],
        }

    return router


def _point(now: int, number: int) -> dict[str, Any]:
    turned, out = number / 50, number / TRACK_POINTS
    return {
        "last_contact": now - 10 * (TRACK_POINTS - number),
        "longitude": 9 + 6 * out * math.cos(turned),
        "latitude": 48.5 + 4 * out * math.sin(turned),
        "baro_altitude": 12_000 * out,
        "geo_altitude": None,
        "velocity": 230.0,
        "on_ground": False,
    }


async def _serve(serving: Serving) -> None:
    channel = LiveChannel(live=LIVE, routers=[_tracks()], built=Path(serving.built))
    answer = Answer(channel.serve())
    reply(answer)
    async for command in commands():
        updates = channel.prepare()
        if command == "visit":
            updates += channel.prepare_visitors(VISITORS)
        channel.receive_updates(updates)
        reply(answer)


def main() -> None:
    """Serve until the commands, `poll` and `visit`, end."""
    serving = msgspec.json.decode(sys.argv[1], type=Serving)
    log_warnings()
    tune_gc()
    uvloop.run(_serve(serving))


if __name__ == "__main__":
    main()
