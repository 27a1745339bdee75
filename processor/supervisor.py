"""Run each half again after a fault; end the process only when all halves have failed."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog
from prometheus_client import CollectorRegistry, Gauge

from processor.errors import FatalError
from processor.http.health import Checks

log = structlog.get_logger()

FIRST_RETRY_SECONDS = 5.0
LAST_RETRY_SECONDS = 300.0
"""Longest wait between two attempts; waits double from `FIRST_RETRY_SECONDS` up to it. So a half
notices within minutes that an operator has removed the cause."""

STEADY_SECONDS = 10.0
"""How long a half must be ready before its fault counts as over. An archive whose log is full of
malformed messages is ready for a moment at each attempt."""

CHECK_SECONDS = 0.5
"""How often a half that has failed is checked for being ready."""

BETWEEN_ATTEMPTS = "this half is between two attempts; see the log"
"""The reason that a check of a half gives while the half waits for its next attempt."""


class Half(Protocol):
    """One of the processor's two halves, which share nothing but the process."""

    name: str

    def begin(self) -> Sequence[asyncio.Task[None]]:
        """Build and start the work; return its tasks, which run until `end` unless one fails."""

    async def end(self) -> None:
        """Finish accepted work and close everything; may be called twice, and before `begin`."""

    async def close(self, *, hurry: asyncio.Event) -> None:
        """Close the clients' streams, without delay once `hurry` is set; `end` runs meanwhile."""

    def checks(self) -> Checks:
        """Return the checks that must hold for this half to work."""

    def observations(self) -> Checks:
        """Return checks that inform an operator although this half works."""


class HalfMetrics:
    """The metric that shows whether each half has failed."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.failed = Gauge(
            "flightmonitor_processor_half_failed",
            "1 while a half (archive, live) has failed and is tried again; must be 0.",
            ["half"],
            registry=registry,
        )


class Supervisor:
    """Runs one half, and starts it again after each fault.

    Args:
        half: The half to run.
        metrics: Shows whether it has failed.
        may_go_on: Whether another half still works, so that the process need not end.

    Attributes:
        failure: Why the half has failed; None while it works.
    """

    def __init__(self, half: Half, metrics: HalfMetrics, *, may_go_on: Callable[[], bool]) -> None:
        self.half = half
        self.failure: str | None = None
        self._gauge = metrics.failed.labels(half.name)
        self._may_go_on = may_go_on
        self._retry_seconds = FIRST_RETRY_SECONDS
        self._ready_since: float | None = None

    def check(self) -> str | None:
        """Return why this half does not work; None while it works."""
        return f"failed: {self.failure}" if self.failure is not None else None

    def checks(self) -> Checks:
        """Return the half's own checks, and whether it has failed under its name."""
        return {self.half.name: self.check, **self.half.checks()}

    async def run(self) -> None:
        """Run until cancelled; `stop` then ends the half.

        Raises:
            Exception: The fault, if no other half works.
        """
        while True:
            fault = await self._run_once()
            # The text of an unexpected error may hold anything, and /ready is open to all.
            is_known = isinstance(fault, FatalError)
            self.failure = str(fault) if is_known else f"{type(fault).__name__}; see the log"
            self._gauge.set(1)
            if not self._may_go_on():
                raise fault
            self._log(fault)
            del fault  # its traceback holds connections
            await self._end()
            await asyncio.sleep(self._retry_seconds)
            self._retry_seconds = min(2 * self._retry_seconds, LAST_RETRY_SECONDS)

    async def stop(self, *, hurry: asyncio.Event) -> None:
        """End the half, whatever its state."""
        await asyncio.gather(self.half.close(hurry=hurry), self.half.end())

    async def _run_once(self) -> Exception:
        """Run the half until it fails; return the fault."""
        self._ready_since = None
        try:
            tasks = self.half.begin()
        except Exception as error:  # noqa: BLE001 - the other half continues after any error
            return error
        while True:
            seconds = None if self.failure is None else CHECK_SECONDS
            done, _ = await asyncio.wait(
                tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if done:
                return _fault_of(done)
            self._check_recovery()

    async def _end(self) -> None:
        try:
            await self.half.end()
        except Exception:  # an error while closing must not end the other half
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

    def _check_recovery(self) -> None:
        if any(check() is not None for check in self.half.checks().values()):
            self._ready_since = None
            return
        now = time.monotonic()
        self._ready_since = self._ready_since or now
        if now - self._ready_since >= STEADY_SECONDS:
            self.failure, self._retry_seconds = None, FIRST_RETRY_SECONDS
            self._gauge.set(0)
            log.info("half_recovered", half=self.half.name)


def supervise(halves: Sequence[Half], registry: CollectorRegistry) -> list[Supervisor]:
    """Return a supervisor for each half; the process ends when the last half fails."""
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
    return FatalError(f"{names} ended unexpectedly; see the log")


def retrieve_exceptions(*tasks: asyncio.Task[None]) -> None:
    """Mark the exceptions of finished tasks as retrieved, so that asyncio does not log them.

    The supervisor has logged the first of them already.
    """
    for task in tasks:
        if task.done() and not task.cancelled():
            task.exception()
