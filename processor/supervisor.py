"""Keep each half going: its fault ends its work for a while, the process only when both failed."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog
from prometheus_client import CollectorRegistry, Gauge

from processor.errors import FatalError
from processor.http.dependencies import Routes
from processor.http.health import Checks

log = structlog.get_logger()

FIRST_RETRY_SECONDS = 5.0
LAST_RETRY_SECONDS = 300.0
"""Waits double from the first to the last: what an operator cures is taken up within minutes."""

STEADY_SECONDS = 10.0
"""How long a half must be ready before its fault counts as over; a log full of garbage lets an
archive be ready for a moment each time."""

LOOK_SECONDS = 0.5


class Half(Protocol):
    """One of the processor's two halves, which share nothing but the process."""

    name: str

    def begin(self) -> Sequence[asyncio.Task[None]]:
        """Make what the work needs and start it; none of the tasks ends before `end`, but fails."""

    async def end(self) -> None:
        """Finish what was accepted and let everything go; also twice, also before `begin`."""

    async def close(self, *, hurry: asyncio.Event) -> None:
        """Take leave of the clients, in haste once that is set; `end` runs beside it."""

    def checks(self) -> Checks:
        """Return what must hold for this half to do its work."""

    def observations(self) -> Checks:
        """Return what an operator should know although this half does its work."""

    def routers(self) -> list[Routes]:
        """Return what this half serves, at all times."""


class HalfMetrics:
    """Whether each half has failed."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.failed = Gauge(
            "processor_half_failed",
            "Whether a half (archive, live) has failed and is tried again; must be 0.",
            ["half"],
            registry=registry,
        )


class Supervisor:
    """Runs one half, again after each fault.

    Args:
        half: What is run.
        metrics: Where its failure is shown.
        may_go_on: Whether the process is still worth something without this half.
    """

    def __init__(self, half: Half, metrics: HalfMetrics, *, may_go_on: Callable[[], bool]) -> None:
        self.half = half
        self.failure: str | None = None
        self._gauge = metrics.failed.labels(half.name)
        self._may_go_on = may_go_on
        self._retry_seconds = FIRST_RETRY_SECONDS
        self._ready_since: float | None = None

    def check(self) -> str | None:
        """Return why this half does not work, None while it does."""
        return f"failed: {self.failure}" if self.failure is not None else None

    def checks(self) -> Checks:
        """Return the half's own checks, and whether it has failed under its name."""
        return {self.half.name: self.check, **self.half.checks()}

    async def run(self) -> None:
        """Run until cancelled; the half is then left to `stop`.

        Raises:
            Exception: The fault, when the process may not go on without this half.
        """
        while True:
            fault = await self._run_once()
            # What was not foreseen may hold anything, and /ready is open to all.
            is_known = isinstance(fault, FatalError)
            self.failure = str(fault) if is_known else f"{type(fault).__name__}; see the log"
            self._gauge.set(1)
            if not self._may_go_on():
                raise fault
            self._log(fault)
            del fault  # with what its traceback holds
            await self._end()
            await asyncio.sleep(self._retry_seconds)
            self._retry_seconds = min(2 * self._retry_seconds, LAST_RETRY_SECONDS)

    async def stop(self, *, hurry: asyncio.Event) -> None:
        """End the half in whatever state it is."""
        await asyncio.gather(self.half.close(hurry=hurry), self.half.end())

    async def _run_once(self) -> Exception:
        """Return the fault that ended it."""
        self._ready_since = None
        try:
            tasks = self.half.begin()
        except Exception as error:  # noqa: BLE001 - whatever it is, the other half goes on
            return error
        while True:
            seconds = None if self.failure is None else LOOK_SECONDS
            done, _ = await asyncio.wait(
                tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if done:
                return _fault_of(done)
            self._look_whether_it_works()

    async def _end(self) -> None:
        try:
            await self.half.end()
        except Exception:  # what cannot be let go must not end the other half
            log.exception("half_not_ended", half=self.half.name)

    def _log(self, fault: Exception) -> None:
        is_known = isinstance(fault, FatalError)
        log.error(
            "half_failed",
            half=self.half.name,
            reason=str(fault) if is_known else repr(fault),
            retry_seconds=self._retry_seconds,
            exc_info=None if is_known else fault,
        )

    def _look_whether_it_works(self) -> None:
        if any(check() is not None for check in self.half.checks().values()):
            self._ready_since = None
            return
        now = time.monotonic()
        self._ready_since = self._ready_since or now
        if now - self._ready_since >= STEADY_SECONDS:
            self.failure, self._retry_seconds = None, FIRST_RETRY_SECONDS
            self._gauge.set(0)
            log.info("half_works_again", half=self.half.name)


def supervise(halves: Sequence[Half], registry: CollectorRegistry) -> list[Supervisor]:
    """Return a supervisor for each half; the last that has not failed takes the process with it."""
    metrics = HalfMetrics(registry)
    made: list[Supervisor] = []

    def does_another_work(half: Half) -> bool:
        return any(one.half is not half and one.failure is None for one in made)

    for half in halves:
        made.append(  # noqa: PERF401 - each must find the others
            Supervisor(half, metrics, may_go_on=lambda half=half: does_another_work(half))  # type: ignore[misc]
        )
    return made


def _fault_of(done: set[asyncio.Task[None]]) -> Exception:
    for task in done:
        error = task.exception()
        if isinstance(error, Exception):
            return error
        if error is not None:
            raise error
    names = ", ".join(sorted(task.get_name() for task in done))
    return FatalError(f"{names} ended although it was not to; see the log")
