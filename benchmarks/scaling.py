"""Benchmark: an event by the number of viewers, and a simulation of several instances from it."""

import statistics
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from benchmarks import parts
from benchmarks.deployment_simulation import (
    Costs,
    Picks,
    Plan,
    least_instances,
    simulate_event,
    simulate_restart,
)
from benchmarks.feed import Feed
from benchmarks.report import Figure, MeasurementError, Options, Report
from benchmarks.serving import BURST_SECONDS, Event, Server
from benchmarks.subscribers import Subscribers
from benchmarks.ten_thousand import ENCODING, PATH, available_cores, possible_subscribers
from configuration.shared_sections import KafkaSettings
from testkit.traffic import AIRCRAFT, CHANGING_SHARE, InventedFleet

VIEWERS = (100, 1_000, 3_000)
"""From these the costs are taken."""

CHECKED_VIEWERS = 10_000
"""What the simulation makes of the costs is compared with a measurement of so many."""

EVENTS = 12
QUICK_EVENTS = 3
UNCOUNTED_EVENTS = 2

TOPIC_POLLS = 20
TOPIC_ROWS_PER_MESSAGE = (1, 500)

GOAL_VIEWERS = 100_000
POLL_SECONDS = 5.0
LAST_SECONDS = 1.0
MOST_BUSY = 0.5
"""Half of a core is left for viewers who enter, questions and a neighbour that fails."""

PICKS: tuple[Picks, ...] = ("in turn", "fewest")

_BITS = 8
_GIGA = 1e9


class _Measured(NamedTuple):
    """One instance with so many viewers."""

    viewers: int
    entry_seconds: float
    events: list[Event]

    @property
    def cpu_seconds(self) -> float:
        """The median of the processor time of an event."""
        return statistics.median(event.cpu_seconds for event in self.events)

    @property
    def last_seconds(self) -> float:
        return statistics.median(event.delays[-1] for event in self.events)


def run(options: Options) -> Report:
    """Measure the costs, check the simulation, and simulate the plan for many viewers."""
    possible = possible_subscribers(CHECKED_VIEWERS, options)
    measured = [_measure(viewers, options) for viewers in (*VIEWERS, possible)]
    *fitted, checked = measured
    costs = fit(fitted)
    simulated = simulate_event(Plan(1, possible, POLL_SECONDS), costs)
    event_bytes = checked.events[-1].burst.least_bytes
    topic = [
        Figure(f"topic, {rows} rows a message", "B/row", [_topic_bytes(rows, options)])
        for rows in TOPIC_ROWS_PER_MESSAGE
    ]
    figures = [
        *(
            Figure(f"event for {each.viewers:,} viewers", "CPU s", _cpu_seconds(each))
            for each in measured
        ),
        Figure("event, without viewers (fitted)", "CPU ms", [costs.event * 1e3]),
        Figure("event, each viewer (fitted)", "CPU us", [costs.viewer * 1e6]),
        Figure("viewer who enters", "CPU ms", [each.entry_seconds * 1e3 for each in measured]),
        Figure(f"last of {possible:,} viewers, measured", "s", _last_seconds(checked)),
        Figure(f"last of {possible:,} viewers, simulated", "s", [simulated.last]),
        Figure(
            f"last of {possible:,} viewers, simulated over measured",
            "ratio",
            [simulated.last / checked.last_seconds],
            "0.7 to 1.4",
        ),
        *topic,
    ]
    return Report(figures, _details(event_bytes), _plans(costs, event_bytes))


def _measure(viewers: int, options: Options) -> _Measured:
    server_core, audience_core = available_cores()
    options.progress(f"{viewers:,} viewers enter")
    with Server(core=server_core) as server:
        idle = server.cpu_seconds()
        swarm = Subscribers(
            server.ports.live,
            PATH,
            viewers,
            encoding=ENCODING,
            gets_the_same=True,
            core=audience_core,
        )
        with swarm:
            swarm.next_burst(BURST_SECONDS)
            entry_seconds = (server.cpu_seconds() - idle) / viewers
            wanted = UNCOUNTED_EVENTS + (QUICK_EVENTS if options.is_quick else EVENTS)
            events = [server.send(swarm, "tick") for _ in range(wanted)][UNCOUNTED_EVENTS:]
    if any(event.burst.least_bytes != event.burst.most_bytes for event in events):
        raise MeasurementError("not all viewers got the same bytes")
    return _Measured(viewers, entry_seconds, events)


def fit(measured: Sequence[_Measured]) -> Costs:
    """Return the straight line through the processor times, by least squares."""
    viewers = [each.viewers for each in measured]
    slope, intercept = statistics.linear_regression(
        viewers, [each.cpu_seconds for each in measured]
    )
    entry = statistics.median(each.entry_seconds for each in measured)
    return Costs(event=max(0.0, intercept), viewer=slope, entry=entry)


def _cpu_seconds(measured: _Measured) -> list[float]:
    return [event.cpu_seconds for event in measured.events]


def _last_seconds(measured: _Measured) -> list[float]:
    return [event.delays[-1] for event in measured.events]


def _topic_bytes(rows: int, options: Options) -> float:
    """Return what a row takes on the disk of a broker, with keys, headers and indexes."""
    options.progress(f"{TOPIC_POLLS} polls into a topic, {rows} rows a message")
    with parts.real_kafka() as kafka:
        topic = parts.new_topic(kafka)
        feed = Feed(KafkaSettings(bootstrap_servers=kafka.bootstrap_servers, topic=topic))
        fleet, n_rows = InventedFleet(now=1_700_000_000), 0
        for number in range(TOPIC_POLLS):
            now = 1_700_000_000 + 10 * number
            changed = fleet.move(now)
            if rows == 1:
                n_rows += feed.publish(changed, now)
            else:
                n_rows += feed.publish_rows(changed, now, rows=rows, partitions=parts.PARTITIONS)
        return kafka.topic_bytes(topic) / n_rows


def _details(event_bytes: int) -> dict[str, object]:
    return {
        "aircraft": AIRCRAFT,
        "changing_share": CHANGING_SHARE,
        "bytes_of_an_event": event_bytes,
        "encoding": ENCODING,
        "path": PATH,
    }


def _plans(costs: Costs, event_bytes: int) -> list[str]:
    """Return the table of the simulated plans for many viewers."""
    names = ("viewers", "instances", "busy, of a core", "last viewer", "network, all")
    while_restarting = ("away", "slowest event", "most of one")
    cells = [*names, *(f"{picks}: {name}" for picks in PICKS for name in while_restarting)]
    head = [f"| {' | '.join(cells)} |", "|--:" * len(cells) + "|"]
    plans = [
        replace(wanted, instances=instances)
        for wanted in (
            Plan(1, viewers, POLL_SECONDS) for viewers in (CHECKED_VIEWERS, GOAL_VIEWERS)
        )
        for instances in _instance_numbers(wanted, costs)
    ]
    return head + [_row(plan, costs, event_bytes) for plan in plans]


def _instance_numbers(wanted: Plan, costs: Costs) -> tuple[int, int]:
    """Return one more than are needed, so that one may be away, and four times as many."""
    least = least_instances(wanted, costs, last_seconds=LAST_SECONDS, busy=MOST_BUSY).instances
    return least + 1, 4 * least


def _row(plan: Plan, costs: Costs, event_bytes: int) -> str:
    usual = simulate_event(plan, costs)
    restarts = [simulate_restart(replace(plan, picks=picks), costs) for picks in PICKS]
    gigabits = plan.viewers * event_bytes * _BITS / plan.poll_seconds / _GIGA
    cells = [
        f"{plan.viewers:,}",
        f"{plan.instances}",
        f"{usual.busy:.0%}",
        f"{usual.last:.2f} s",
        f"{gigabits:.2f} Gbit/s",
    ]
    for restart in restarts:
        cells += [
            f"{restart.away_seconds:.1f} s",
            f"{restart.event_delay_seconds:.1f} s",
            f"{restart.most_viewers:,}",
        ]
    return f"| {' | '.join(cells)} |"
