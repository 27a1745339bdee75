"""A server under attack, and how healthy subscribers, `/health` and its memory fare meanwhile."""

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
"""Where attackers come from: healthy clients come from 127.0.0.1, and shares are per address."""

QUIET_S, ATTACK_S = 4.0, 6.0
"""How long the server is measured before the first attack, and during each attack at least."""

SETTLE_S = 2.0
"""The sky moves once a second; an event that was under way at the end of a phase has then come."""

LATE_RATIO, LATE_MARGIN_S = 2.0, 0.25
"""The margin is for attackers on the same two cores, which a network would keep away."""

HEALTH_S = 0.5
GROWTH_KIB = 100 * 1024
REMNANT_KIB = 40 * 1024
"""What may stay: allocators keep the arenas in which one object still lives."""

_MEMORY_INTERVAL_S = 0.05
_SUBSCRIBERS = Group("healthy", 4, ("/sse/flights",), witnesses=4)


@dataclass(frozen=True)
class Phase:
    """How a stretch of time went.

    Attributes:
        p99_delay_s: From a change's being known to the server to its being read, of all
            subscribers; the largest value where there are fewer than a hundred.
        slowest_health_s: Of all answers of `/health`.
        failed_probes: Requests for `/health` without an answer of 200.
        peak_kib: Of the server's own memory.
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
        aircraft: In the sky.
        settings: Of the server, by section, where they differ from the defaults.
    """

    def __init__(
        self, *, aircraft: int = 3_000, settings: Mapping[str, dict[str, Any]] | None = None
    ) -> None:
        self.server = SkyServer(aircraft=aircraft, settings=settings)
        self._stack = ExitStack()
        self._spans: dict[str, tuple[float, float]] = {}

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.server)
            self._swarm = stack.enter_context(Swarm(self.server.port))
            self._prober = stack.enter_context(HealthProber(self.server.port))
            self._memory = stack.enter_context(MemorySampling(self.server.pid, _MEMORY_INTERVAL_S))
            self.server.send("move")
            self._swarm.enter(_SUBSCRIBERS)
            time.sleep(SETTLE_S)
            self.before = self.server.send("collect")
            with self._measured("quiet"):
                time.sleep(QUIET_S)
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
        """Where the server listens, on 127.0.0.1."""
        return self.server.port

    @contextmanager
    def under_way(self, *, at_least_s: float = ATTACK_S) -> Iterator[None]:
        """Measure while the body attacks; the attack ought to go on for so long."""
        began_at = time.monotonic()
        with self._measured("attack"):
            yield
            time.sleep(max(0.0, began_at + at_least_s - time.monotonic()))

    @contextmanager
    def _measured(self, name: str) -> Iterator[None]:
        began_at = time.monotonic()
        yield
        self._spans[name] = began_at, time.monotonic()
        time.sleep(SETTLE_S)

    def verify(self) -> None:
        """Check that the healthy fared well, and that memory was bounded and came back.

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
        """Return how `quiet` or `attack` went."""
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
        """Return all delays in order; a change that was never read counts until now."""
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
    """Return when a subscriber had what was true at a moment; ticks may join several moments."""
    return min((at for known, at in known_at.items() if known >= moment), default=now)
