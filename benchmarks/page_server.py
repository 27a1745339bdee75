"""The page and the living picture of the invented fleet, in a process that is told when to poll."""

import asyncio
import logging
import math
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import structlog
import uvloop
from fastapi import APIRouter

from benchmarks.live_channel import POLL_SECONDS, SSE, LivePart, port_of
from processor.garbage_collection import tune_gc
from processor.http.page import BUILT, page_routes
from processor.http.server.server import create_server, listen
from processor.settings import LiveSettings, PageSettings
from testkit.traffic import AIRCRAFT, Fleet

LIVE = LiveSettings(tick_seconds=0.05, quiet_seconds=0.01, expiry_seconds=60)
"""Polls may come as fast as the page takes them; visitors are soon forgotten."""

VISITORS = 100
"""New aircraft with a poll that are never heard again, so that there are removals."""

TRACK_POINTS = 3_000
"""As many as the page asks for of the way that the selected aircraft has come."""


class Serving(msgspec.Struct, frozen=True):
    """What the process is to serve, given as a line of JSON."""

    built: str = str(BUILT)


class Answer(msgspec.Struct, frozen=True):
    """What each command is answered."""

    port: int


class _Channel:
    """Moves the fleet on by a poll when told to."""

    def __init__(self, built: Path) -> None:
        self._now = int(time.time())
        self._fleet = Fleet(now=self._now)
        self._visitors = AIRCRAFT
        self._part = LivePart(
            lambda: self._now,
            settings=LIVE,
            routers=[page_routes(PageSettings(), built=built), _tracks()],
        )

    def start(self) -> int:
        """Serve the whole fleet and return the port."""
        self._part.begin(self._fleet.states())
        listener = listen("127.0.0.1", 0, write_deadline_seconds=SSE.write_deadline_seconds)
        self._tasks = [
            asyncio.create_task(create_server(self._part.app).serve(sockets=[listener])),
            asyncio.create_task(self._part.picture.run()),
        ]
        return port_of(listener)

    def poll(self, *, with_visitors: bool) -> None:
        """Let three quarters be heard anew, and strangers too where that is wanted."""
        self._now += POLL_SECONDS
        states = self._fleet.move(self._now)
        if with_visitors:
            strangers = Fleet(
                now=self._now, aircraft=VISITORS, seed=self._visitors, first=self._visitors
            )
            self._visitors += VISITORS
            states += strangers.states()
        self._part.picture.receive(self._part.updates(states))


def _tracks() -> APIRouter:
    """Answer every question for a track with a spiral: there is no database here."""
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
    channel = _Channel(Path(serving.built))
    answer = Answer(channel.start())
    _reply(answer)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while command := (await reader.readline()).decode().strip():
        channel.poll(with_visitors=command == "visit")
        _reply(answer)


def _reply(answer: Answer) -> None:
    sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serve until the commands, `poll` and `visit`, end."""
    serving = msgspec.json.decode(sys.argv[1], type=Serving)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    tune_gc()
    uvloop.run(_serve(serving))


if __name__ == "__main__":
    main()
