"""A server under attack, and how healthy subscribers, `/health` and its memory fare meanwhile."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from testkit.crowd import Crowd
from testkit.crowd_process import Group
from testkit.health_prober import HealthProber
from testkit.process_resources import resident_kib
from testkit.sky_process import SkyServer

ATTACKER = "127.0.0.2"
"""Where attackers come from: healthy clients come from 127.0.0.1, and shares are per address."""

QUIET_S, ATTACK_S = 4.0, 5.0
"""How long the server is measured before the first attack, and during each attack at least."""

SETTLE_S = 1.5
"""The sky moves once a second; an event that was under way at the end of a phase has then come."""

LATE_RATIO, LATE_MARGIN_S = 2.0, 0.25
"""The margin is for attackers on the same two cores, which a network would keep away."""

HEALTH_S = 0.5
"""How much longer than twice the slowest answer of the quiet time `/health` may take."""

GROWTH_KIB = 100 * 1024
REMNANT_KIB = 40 * 1024
"""What may stay: allocators keep the arenas in which one object still lives."""

_RSS_INTERVAL_S = 0.05
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


class _Memory:
    """Samples the memory of a process."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._samples: list[tuple[float, int]] = []
        self._has_ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def _sample(self) -> None:
        while not self._has_ended.wait(_RSS_INTERVAL_S):
            self._samples.append((time.monotonic(), resident_kib(self._pid)))

    def peak(self, began_at: float, ended_at: float) -> int:
        return max(kib for at, kib in self._samples if began_at <= at <= ended_at)

    def end(self) -> None:
        self._has_ended.set()
        self._thread.join()


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
        self._phases: dict[str, Phase] = {}

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.server)
            self._crowd = stack.enter_context(Crowd(self.server.port))
            self._prober = stack.enter_context(HealthProber(self.server.port))
            self._memory = _Memory(self.server.pid)
            stack.callback(self._memory.end)
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
        """Where the server listens, on 127.0.0.1."""
        return self.server.port

    @contextmanager
    def under_way(self, *, at_least_s: float = ATTACK_S) -> Iterator[None]:
        """Measure while the body attacks; the attack ought to go on for so long."""
        self._admit_subscribers()
        began_at = time.monotonic()
        with self._measured("attack"):
            yield
            time.sleep(max(0.0, began_at + at_least_s - time.monotonic()))

    def _admit_subscribers(self) -> None:
        """Let new subscribers take the place of those before, whose streams take long to parse."""
        self._crowd.leave(_SUBSCRIBERS.name)
        self._crowd.enter(_SUBSCRIBERS)

    @contextmanager
    def _measured(self, name: str) -> Iterator[None]:
        began_at = time.monotonic()
        yield
        self._spans[name] = began_at, time.monotonic()
        self._phases.pop(name, None)
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
        healthy = self._crowd.send(_SUBSCRIBERS.name)
        assert healthy.open == _SUBSCRIBERS.subscribers, text
        assert attack.failed_probes == 0, text
        assert attack.slowest_health_s <= LATE_RATIO * quiet.slowest_health_s + HEALTH_S, text
        assert attack.p99_delay_s <= LATE_RATIO * quiet.p99_delay_s + LATE_MARGIN_S, text
        assert attack.peak_kib - self.before.resident_kib < GROWTH_KIB, text
        assert remnant_kib < REMNANT_KIB, text

    def phase(self, name: str) -> Phase:
        """Return how `quiet` or `attack` went; of several attacks the last one counts."""
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
            peak_kib=self._memory.peak(began_at, ended_at),
        )

    def _delays(self, began_at: float, ended_at: float) -> list[float]:
        """Return all delays in order; a change that was never read counts until now."""
        changed_at = self.server.send().received_at
        now = time.monotonic()
        witnesses = self._crowd.send(_SUBSCRIBERS.name, is_understood=True).witnesses
        return sorted(
            _read_at(witness.known_at, moment, now) - at
            for witness in witnesses
            for moment, at in changed_at.items()
            if began_at <= at <= ended_at
        )


def _read_at(known_at: Mapping[int, float], moment: int, now: float) -> float:
    """Return when a subscriber had what was true at a moment; ticks may join several moments."""
    return min((at for known, at in known_at.items() if known >= moment), default=now)
