"""A half that fails is started again while the other works; the process ends with the last."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from prometheus_client import CollectorRegistry

from processor import supervisor
from processor.errors import FatalError, LogLostError
from processor.http.health import Checks
from processor.supervisor import Supervisor, supervise

NAMES = ["archive", "live"]


@dataclass
class PlayedHalf:
    """Fails when the test says so; counts calls of `begin` and `end`."""

    name: str
    begun: int = 0
    ended: int = 0
    is_ready: bool = True
    fault: asyncio.Future[None] = field(init=False)

    def begin(self) -> Sequence[asyncio.Task[None]]:
        assert self.begun == self.ended, "the attempt before still runs"
        self.begun += 1
        self.fault = asyncio.get_running_loop().create_future()
        return [asyncio.ensure_future(self._wait()), asyncio.ensure_future(asyncio.sleep(1e6))]

    async def _wait(self) -> None:
        await self.fault

    async def end(self) -> None:
        self.ended = self.begun

    async def close(self, *, hurry: asyncio.Event) -> None:
        """Have no clients."""

    def checks(self) -> Checks:
        return {f"{self.name}_works": lambda: None if self.is_ready else "not yet"}

    def observations(self) -> Checks:
        return {}


class Running:
    """Several halves with their supervisors."""

    def __init__(self, *names: str) -> None:
        self.registry = CollectorRegistry()
        self.halves = [PlayedHalf(name) for name in names]
        self.supervisors: list[Supervisor] = supervise(self.halves, self.registry)
        self.tasks = [asyncio.create_task(one.run()) for one in self.supervisors]

    def failed(self, name: str) -> float | None:
        return self.registry.get_sample_value("flightmonitor_processor_half_failed", {"half": name})

    def why(self, name: str) -> str | None:
        [found] = [one for one in self.supervisors if one.half.name == name]
        return found.checks()[name]()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - a state of another task's
            await asyncio.sleep(0.001)


@pytest.fixture(autouse=True)
def _impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_RETRY_SECONDS", 0.001)
    monkeypatch.setattr(supervisor, "LAST_RETRY_SECONDS", 0.004)
    monkeypatch.setattr(supervisor, "STEADY_SECONDS", 0.01)
    monkeypatch.setattr(supervisor, "CHECK_SECONDS", 0.001)


@pytest.mark.parametrize(("failing", "other"), [NAMES, NAMES[::-1]])
async def test_fault_of_one_half_leaves_the_other(failing: str, other: str) -> None:
    """The reason and a metric show the fault until the half has worked again for a while."""
    running = Running(*NAMES)
    half = next(half for half in running.halves if half.name == failing)
    half.is_ready = False
    await until(lambda: half.begun == 1)
    assert (running.failed(failing), running.why(failing)) == (0, None)
    half.fault.set_exception(LogLostError("messages were removed"))
    await until(lambda: half.begun == 2)
    assert (running.failed(failing), running.failed(other)) == (1, 0)
    assert running.why(failing) == "failed: messages were removed"
    assert running.why(other) is None
    assert not any(task.done() for task in running.tasks)
    half.is_ready = True
    await until(lambda: running.why(failing) is None)
    assert running.failed(failing) == 0
    assert half.begun == 2


async def test_half_that_fails_again_and_again_stays_failed() -> None:
    """It is ready for a moment each time, as an archive is whose log is full of garbage."""
    running = Running(*NAMES)
    archive = running.halves[0]
    for attempt in range(1, 20):
        await until(lambda attempt=attempt: archive.begun == attempt)  # type: ignore[misc]
        archive.fault.set_exception(FatalError("garbage"))
        await until(lambda: running.failed("archive") == 1)
        assert running.why("archive") == "failed: garbage"


async def test_process_ends_with_both_halves() -> None:
    """The process ends when the last half fails."""
    running = Running(*NAMES)
    archive, live = running.halves
    archive.is_ready = False
    await until(lambda: archive.begun == live.begun == 1)
    archive.fault.set_exception(LogLostError("messages were removed"))
    await until(lambda: archive.begun == 2)
    live.fault.set_exception(FatalError("refused"))
    with pytest.raises(FatalError, match="refused"):
        await running.tasks[1]
    assert not running.tasks[0].done()


@pytest.mark.parametrize("name", NAMES)
async def test_single_half_ends_the_process(name: str) -> None:
    """An orchestrator restarts it."""
    running = Running(name)
    await until(lambda: running.halves[0].begun == 1)
    running.halves[0].fault.set_exception(LogLostError("messages were removed"))
    with pytest.raises(LogLostError):
        await running.tasks[0]


async def test_unforeseen_fault_is_named_in_the_log_alone() -> None:
    """What it holds is not known, and /ready is open to all."""
    running = Running(*NAMES)
    archive = running.halves[0]
    archive.is_ready = False
    await until(lambda: archive.begun == 1)
    archive.fault.set_exception(KeyError("postgresql://me:secret@db"))
    await until(lambda: archive.begun == 2)
    assert running.why("archive") == "failed: KeyError; see the log"


async def test_task_that_just_ends_is_a_fault() -> None:
    """Nothing is stored or read by what has ended."""
    running = Running(*NAMES)
    live = running.halves[1]
    live.is_ready = False
    await until(lambda: live.begun == 1)
    live.fault.set_result(None)
    await until(lambda: live.begun == 2)
    assert running.failed("live") == 1


@pytest.mark.parametrize("has_failed", [False, True])
async def test_stop_ends_what_has_begun(*, has_failed: bool) -> None:
    """At work, and between two attempts."""
    running = Running(*NAMES)
    archive = running.halves[0]
    archive.is_ready = False
    await until(lambda: archive.begun == 1)
    if has_failed:
        archive.fault.set_exception(FatalError("garbage"))
        await until(lambda: archive.ended == 1)
    for task in running.tasks:
        task.cancel()
    for one in running.supervisors:
        await one.stop(hurry=asyncio.Event())
    assert [half.ended for half in running.halves] == [half.begun for half in running.halves]
