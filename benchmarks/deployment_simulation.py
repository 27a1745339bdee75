"""Simulates live instances with many viewers, from the measured costs of one instance.

An instance is a queue of one server: what it has to do is done in the order in which it comes due,
one after another, as its event loop does. An event costs a fixed time and a time for each viewer,
so the viewers have it one after another; a viewer who enters costs the time of a snapshot.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Literal

Picks = Literal["in turn", "fewest"]

RETRY_SECONDS = (2.0, 4.0)
"""When a viewer returns after its instance has gone: `sse.retry_milliseconds`, once to twice."""


@dataclass(frozen=True)
class Costs:
    """Processor time of one instance, in seconds on one core.

    Attributes:
        event: Of an event, however many viewers there are.
        viewer: Of one viewer's share in an event.
        entry: Of a viewer who enters.
    """

    event: float
    viewer: float
    entry: float


@dataclass(frozen=True)
class Plan:
    """What is simulated.

    Attributes:
        instances: Live instances, each with a core of its own.
        viewers: Of all instances together.
        poll_seconds: Time between two events.
        start_seconds: How long an instance is away when it is restarted.
        pause_seconds: Time between the return of one instance and the restart of the next.
        picks: The instance that a proxy picks for a new stream: each in turn, or the one with the
            fewest streams.
    """

    instances: int
    viewers: int
    poll_seconds: float
    start_seconds: float = 5.0
    pause_seconds: float = 20.0
    picks: Picks = "in turn"


@dataclass
class _Instance:
    """One instance: its viewers, and until when it is busy."""

    costs: Costs
    viewers: int
    busy_until: float = 0.0

    def work(self, at: float, seconds: float) -> float:
        """Do work that comes due at this time, and return when it begins."""
        begin = max(at, self.busy_until)
        self.busy_until = begin + seconds
        return begin

    def send_event(self, at: float) -> list[float]:
        """Return the delays after which some viewers, evenly chosen, have the event."""
        costs = self.costs
        begin = self.work(at, costs.event + self.viewers * costs.viewer)
        shares = range(1, _SAMPLES + 1)
        each = self.viewers * costs.viewer / _SAMPLES
        return [begin - at + costs.event + number * each for number in shares]


_SAMPLES = 100
"""Viewers of an instance whose delays stand for all of them."""


@dataclass(frozen=True)
class Delays:
    """Seconds from the tick until viewers have the event.

    Attributes:
        median: Of all viewers.
        p99: 99 of 100 viewers have it then.
        last: The last one has it then.
        busy: The share of a core that an instance uses.
    """

    median: float
    p99: float
    last: float
    busy: float


def simulate_event(plan: Plan, costs: Costs) -> Delays:
    """Simulate an event while viewers neither come nor go."""
    each = -(-plan.viewers // plan.instances)
    delays = _Instance(costs, each).send_event(0.0)
    busy = (costs.event + each * costs.viewer) / plan.poll_seconds
    return Delays(delays[_SAMPLES // 2 - 1], delays[_SAMPLES - 2], delays[-1], busy)


@dataclass
class Restart:
    """What viewers notice while all instances are restarted in turn.

    Attributes:
        away_seconds: The longest time from the end of a stream to the snapshot of the next one.
        event_delay_seconds: The longest time from a tick to a viewer's having the event.
        most_viewers: Of one instance, at any time.
    """

    away_seconds: float = 0.0
    event_delay_seconds: float = 0.0
    most_viewers: int = 0


@dataclass
class _Restarting:
    """The course of a rolling restart."""

    plan: Plan
    costs: Costs
    chance: random.Random
    seen: Restart = field(default_factory=Restart)
    _turns: Iterator[int] = field(default_factory=count)

    def run(self) -> Restart:
        plan = self.plan
        each = -(-plan.viewers // plan.instances)
        instances = [_Instance(self.costs, each) for _ in range(plan.instances)]
        now = 0.0
        for number, ending in enumerate(instances):
            others = [one for other, one in enumerate(instances) if other != number]
            end = now + plan.start_seconds + plan.pause_seconds
            self._pass(others, ending, now, end)
            now = end
        return self.seen

    def _pass(self, others: list[_Instance], ending: _Instance, now: float, end: float) -> None:
        """Let viewers of an instance return to others, and to it once it serves again."""
        returns = sorted(now + self.chance.uniform(*RETRY_SECONDS) for _ in range(ending.viewers))
        ending.viewers, ending.busy_until = 0, now + self.plan.start_seconds
        ticks = _ticks(now, end, self.plan.poll_seconds)
        for at, is_tick in sorted(
            [*((at, False) for at in returns), *((at, True) for at in ticks)]
        ):
            serving = others if at < ending.busy_until else [*others, ending]
            if is_tick:
                self._tick(serving, at)
            else:
                self._enter(self._pick(serving), now, at)

    def _pick(self, serving: list[_Instance]) -> _Instance:
        if self.plan.picks == "in turn":
            return serving[next(self._turns) % len(serving)]
        return min(serving, key=lambda one: one.viewers)

    def _tick(self, serving: list[_Instance], at: float) -> None:
        for instance in serving:
            last = instance.send_event(at)[-1]
            self.seen.event_delay_seconds = max(self.seen.event_delay_seconds, last)

    def _enter(self, instance: _Instance, cut_at: float, at: float) -> None:
        instance.work(at, self.costs.entry)
        instance.viewers += 1
        self.seen.away_seconds = max(self.seen.away_seconds, instance.busy_until - cut_at)
        self.seen.most_viewers = max(self.seen.most_viewers, instance.viewers)


def _ticks(begin: float, end: float, every: float) -> list[float]:
    first = -(-begin // every)
    return [number * every for number in range(int(first), int(end / every) + 1)]


def simulate_restart(plan: Plan, costs: Costs, *, seed: int = 1) -> Restart:
    """Restart one instance after another, with viewers that return as clients of the stream do."""
    return _Restarting(plan, costs, random.Random(seed)).run()


def least_instances(plan: Plan, costs: Costs, *, last_seconds: float, busy: float) -> Plan:
    """Return the plan with the fewest instances whose last viewer has the event in time.

    Args:
        plan: The viewers and the time between two events.
        costs: Of one instance.
        last_seconds: When the last viewer must have an event.
        busy: The greatest share of its core that an instance may use.
    """
    for instances in range(1, plan.viewers + 1):
        tried = replace(plan, instances=instances)
        found = simulate_event(tried, costs)
        if found.last <= last_seconds and found.busy <= busy:
            return tried
    raise ValueError(f"an event alone takes {costs.event} s, more than {last_seconds} s")
