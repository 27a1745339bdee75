"""Plays 2,000 subscribers, 800 of them slow or frozen, and a storm of reconnects."""

import os
import time
from dataclasses import dataclass, field
from typing import Any

from testkit.clients import Outcome, ReturningClients
from testkit.fault_record import record_faults
from testkit.hostile_ids import HostileIds
from testkit.sky_process import SkyServer
from testkit.sky_server import Account
from testkit.swarm import Swarm
from testkit.swarm_messages import Group, Report, Understanding
from testkit.waiting import wait_until

TIMES = int(os.environ.get("CROWD_TIMES", "1"))
"""By how much each group is larger; with 5 there are 10,000 subscribers."""

_MOST = 10_000 * TIMES
_SSE = {"write_deadline_seconds": 5.0, "max_viewers": _MOST, "max_viewers_per_address": _MOST}
BASELINE_S, LOAD_S = 8.0, 40.0
CLOSED_TIMEOUT_S = 30.0
RETURNS_PER_SECOND = 200.0
"""Rate of clients that return, as long as this machine can create them."""

ALPS, EUROPE, EAST = "5.9,45.8,10.5,47.9", "-10,40,25,58", "-90,32,-75,42"
NARROW = "icao24=400001,400002,400003"


def stream(query: str = "") -> str:
    """Return the address of a stream of Server-Sent Events."""
    return f"/sse/flights?{query}"


HEALTHY = (
    Group("whole, zstd", 100 * TIMES, (stream(),), witnesses=4),
    Group("whole, gzip", 60 * TIMES, (stream(),), "gzip", witnesses=4),
    Group(
        "filtered",
        700 * TIMES,
        tuple(stream(f"format=row&bbox={box}") for box in (ALPS, EUROPE, EAST)),
        witnesses=12,
    ),
    Group("delta", 320 * TIMES, (stream("format=delta"),), witnesses=6),
    Group("websocket", 20 * TIMES, (f"/ws/flights?format=row&bbox={EUROPE}",), witnesses=4),
)
FROZEN = (
    Group("frozen on the whole", 300 * TIMES, (stream(),), habit="freeze"),
    Group("frozen on a part", 280 * TIMES, (stream(f"bbox={EUROPE}"),), "identity", habit="freeze"),
    Group("frozen websocket", 20 * TIMES, (f"/ws/flights?bbox={EUROPE}",), habit="freeze"),
)
TOO_SLOW = Group("1 kB/s of the whole", 100 * TIMES, (stream(),), habit="trickle")
SLOW_ENOUGH = Group(
    "1 kB/s of three aircraft",
    100 * TIMES,
    (stream(f"{NARROW}&format=row"),),
    habit="trickle",
    witnesses=2,
)


@dataclass
class Hour:
    """What was measured.

    Attributes:
        seed: The seed of the sky and of the storm.
        empty: The server without clients.
        calm: The server with the healthy subscribers alone.
        peak_kib: The most memory under load.
        loaded: The server at the end of the load, when all slow streams were closed.
        relieved: The server with the healthy subscribers alone again.
        left: The server without clients again.
        calm_reports: The state of each healthy group before the load.
        loaded_reports: The state of each healthy group at the end of the load.
        modest: The state of the subscribers that read slowly, but fast enough.
        understood: What the witnesses had received at the end, by group.
        pictures: The response of `/api/flights` at the end, by path.
        outcomes: The outcomes of the storm.
        failures: Visits that failed.
    """

    seed: int
    empty: Account
    calm: Account
    loaded: Account
    relieved: Account
    left: Account
    peak_kib: int = 0
    calm_reports: dict[str, Report] = field(default_factory=dict)
    loaded_reports: dict[str, Report] = field(default_factory=dict)
    modest: Report | None = None
    understood: dict[str, list[Understanding]] = field(default_factory=dict)
    pictures: dict[str, Any] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    load_began_at: float = 0.0


def play(seed: int) -> Hour:
    """Play the scenario and return the measurements."""
    with (
        SkyServer(seed=seed, settings={"sse": _SSE}) as server,
        Swarm(server.port) as swarm,
    ):
        empty = server.send("move")
        hour = Hour(seed, empty, empty, empty, empty, empty)
        _play_calm(hour, server, swarm)
        _play_load(hour, server, swarm)
        _play_end(hour, server, swarm)
        return hour


def _play_calm(hour: Hour, server: SkyServer, swarm: Swarm) -> None:
    for group in HEALTHY:
        swarm.enter(group)
    _begin(swarm)
    time.sleep(BASELINE_S)
    hour.calm_reports = _reports(swarm)
    hour.calm = server.send("collect")
    _begin(swarm)


def _play_load(hour: Hour, server: SkyServer, swarm: Swarm) -> None:
    hour.load_began_at = time.monotonic()
    ids = HostileIds(hour.seed, server.send().position)
    with ReturningClients(server.port, ids.visits(), per_second=RETURNS_PER_SECOND) as storm:
        for group in (*FROZEN, TOO_SLOW, SLOW_ENOUGH):
            swarm.enter(group)
            record_faults(group.subscribers)
        while time.monotonic() - hour.load_began_at < LOAD_S:
            time.sleep(0.5)
            account = server.send()
            ids.position = account.position
            hour.peak_kib = max(hour.peak_kib, account.resident_kib)
    hour.outcomes, hour.failures = storm.outcomes, storm.failures
    record_faults(len(hour.outcomes))
    hour.loaded_reports = _reports(swarm)
    healthy = sum(group.subscribers for group in HEALTHY)
    hour.loaded = server.wait_for_subscribers(healthy + SLOW_ENOUGH.subscribers, CLOSED_TIMEOUT_S)


def _play_end(hour: Hour, server: SkyServer, swarm: Swarm) -> None:
    hour.modest = swarm.report(SLOW_ENOUGH.name, is_decoded=True)
    for group in (*FROZEN, TOO_SLOW, SLOW_ENOUGH):
        swarm.leave(group.name)
    server.wait_for_subscribers(sum(group.subscribers for group in HEALTHY), CLOSED_TIMEOUT_S)
    hour.relieved = server.send("collect")
    server.send("halt")
    for group in HEALTHY:
        hour.understood[group.name] = swarm.report(group.name, is_decoded=True).witnesses
        for path in group.paths:
            query = path.partition("?")[2]
            hour.pictures[path] = server.flights("" if "delta" in query else query)
    for group in HEALTHY:
        swarm.leave(group.name)
    server.wait_for_subscribers(0, CLOSED_TIMEOUT_S)
    wait_until(
        lambda: server.send().files <= hour.empty.files + 1,
        timeout_s=CLOSED_TIMEOUT_S,
        what=lambda: f"descriptors of {hour.empty.files}: {server.send().files}",
    )
    hour.left = server.send("collect")


def _begin(swarm: Swarm) -> None:
    for group in HEALTHY:
        swarm.measure(group.name)


def _reports(swarm: Swarm) -> dict[str, Report]:
    return {group.name: swarm.report(group.name) for group in HEALTHY}
