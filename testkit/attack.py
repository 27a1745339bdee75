"""Measures healthy subscribers, `/health` and the memory of a server while it is attacked."""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from testkit.health_prober import HealthProber
from testkit.memory_sampling import MemorySampling
from testkit.sky_process import SkyServer
from testkit.swarm import Swarm
from testkit.swarm_messages import Group

ATTACKER = "127.0.0.2"
"""The address of attackers. Healthy clients use 127.0.0.1, and limits are per address."""

QUIET_S, ATTACK_S = 4.0, 5.0
"""How long the server is measured before the first attack, and during each attack at least."""

SETTLE_S = 1.5
"""Time after a phase in which its last events arrive; the sky moves once a second."""

LATE_RATIO, LATE_MARGIN_S = 2.0, 0.25
"""Allowed delays during an attack; the margin is for attackers that use the same two cores."""

HEALTH_S = 0.5
"""How long `/health` may take during an attack."""

GROWTH_KIB = 100 * 1024
REMNANT_KIB = 40 * 1024
"""Memory that may remain, since allocators keep arenas in which one object is in use."""

_MEMORY_INTERVAL_S = 0.05
_SUBSCRIBERS = Group("healthy", 4, ("/sse/flights",), witnesses=4)


@dataclass(frozen=True)
class Phase:
    """The measurements of a time span.

    Attributes:
        p99_delay_s: 99th percentile of the time from a change in the server to its arrival at a
            subscriber; the largest value if there are fewer than a hundred.
        slowest_health_s: The slowest response of `/health`.
        failed_probes: Requests for `/health` without an answer of 200.
        peak_kib: The most memory of the server.
    """

    p99_delay_s: float
    slowest_health_s: float
    failed_probes: int
    peak_kib: int

    def __str__(self) -> str:
        return (
            f"p99 delay {1000 * self.p99_delay_s:.0f} ms, "
            f"slowest /health {1000 * self.slowest_health_s:.0f} ms, "
            f"{self.failed_probes} failed, peak {self.peak_kib / 1024:.0f} MiB"
        )


class Attack:
    """A server with healthy subscribers, measured while it is quiet and while it is attacked.

    Several attacks may follow each other on one server: each is compared with the quiet time before
    the first one, so what one attack leaves in memory counts for the next ones, too.

    Args:
        aircraft: The number of aircraft in the sky.
        settings: The settings of the server that differ from the defaults, by section.
    """

    def __init__(
        self, *, aircraft: int = 3_000, settings: Mapping[str, dict[str, Any]] | None = None
    ) -> None:
        self.server = SkyServer(aircraft=aircraft, settings=settings)
        self._stack = ExitStack()
        self._spans: dict[str, tuple[float, float]] = {}
        self._phases: dict[str, Phase] = {}

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.server)
            self._swarm = stack.enter_context(Swarm(self.server.port))
            self._prober = stack.enter_context(HealthProber(self.server.port))
            self._memory = stack.enter_context(MemorySampling(self.server.pid, _MEMORY_INTERVAL_S))
            self.server.send("move")
            self._admit_subscribers()
            time.sleep(SETTLE_S)
            self.before = self.server.send("collect")
            with self._measured("quiet"):
                time.sleep(QUIET_S)
            self.phase("quiet")
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def port(self) -> int:
        """The port of the server on 127.0.0.1."""
        return self.server.port

    @contextmanager
    def under_way(self, *, at_least_s: float = ATTACK_S) -> Iterator[None]:
        """Measure during the block, which attacks, and for so long at least."""
        self._admit_subscribers()
        began_at = time.monotonic()
        with self._measured("attack"):
            yield
            time.sleep(max(0.0, began_at + at_least_s - time.monotonic()))

    def _admit_subscribers(self) -> None:
        """Replace the subscribers by new ones, because long streams take long to parse."""
        self._swarm.leave(_SUBSCRIBERS.name)
        self._swarm.enter(_SUBSCRIBERS)

    @contextmanager
    def _measured(self, name: str) -> Iterator[None]:
        began_at = time.monotonic()
        yield
        self._spans[name] = began_at, time.monotonic()
        self._phases.pop(name, None)
        time.sleep(SETTLE_S)

    def verify(self) -> None:
        """Check the delays of healthy subscribers, and that memory was bounded and released.

        The figures go to standard output, which pytest shows with `-rP` and with a failure.
        """
        quiet, attack = self.phase("quiet"), self.phase("attack")
        after_kib = self.server.send("collect").resident_kib
        remnant_kib = after_kib - self.before.resident_kib
        text = f"quiet: {quiet}\nattack: {attack}\nafterwards: {remnant_kib / 1024:+.0f} MiB"
        print(text)  # noqa: T201 - the test's log
        healthy = self._swarm.report(_SUBSCRIBERS.name)
        assert healthy.open == _SUBSCRIBERS.subscribers, text
        assert attack.failed_probes == 0, text
        assert attack.slowest_health_s <= HEALTH_S, text
        assert attack.p99_delay_s <= LATE_RATIO * quiet.p99_delay_s + LATE_MARGIN_S, text
        assert attack.peak_kib - self.before.resident_kib < GROWTH_KIB, text
        assert remnant_kib < REMNANT_KIB, text

    def phase(self, name: str) -> Phase:
        """Return the measurements of `quiet` or `attack`; of several attacks the last counts."""
        if name not in self._phases:
            self._phases[name] = self._evaluate(name)
        return self._phases[name]

    def _evaluate(self, name: str) -> Phase:
        began_at, ended_at = self._spans[name]
        probes = [each for each in self._prober.probes() if began_at <= each.asked_at <= ended_at]
        delays = self._delays(began_at, ended_at)
        return Phase(
            p99_delay_s=delays[int(0.99 * len(delays))],
            slowest_health_s=max(probe.seconds for probe in probes),
            failed_probes=sum(probe.status != 200 for probe in probes),
            peak_kib=self._memory.peak_kib(began_at, ended_at),
        )

    def _delays(self, began_at: float, ended_at: float) -> list[float]:
        """Return all delays, sorted; the delay of a change that was never read lasts until now."""
        changed_at = self.server.send().received_at
        now = time.monotonic()
        witnesses = self._swarm.report(_SUBSCRIBERS.name, is_decoded=True).witnesses
        return sorted(
            _read_at(witness.known_at, moment, now) - at
            for witness in witnesses
            for moment, at in changed_at.items()
            if began_at <= at <= ended_at
        )


def _read_at(known_at: Mapping[int, float], moment: int, now: float) -> float:
    """Return when a subscriber had the state of a time; a tick may cover several times."""
    return min((at for known, at in known_at.items() if known >= moment), default=now)
