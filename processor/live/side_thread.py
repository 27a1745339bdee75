"""One thread for large pieces of work, during which the event loop serves others."""

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


class SideThread:
    """Runs functions one after another in a thread of its own, which starts with the first one.

    Python's lock passes to the event loop within some milliseconds, and compression does not hold
    it. The functions may not change what the event loop uses.
    """

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="live-tick")
        self._running: dict[Hashable, asyncio.Future[Any]] = {}

    async def run(self, function: Callable[[], Result]) -> Result:
        """Return what a function returns."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, function)

    async def run_once(self, key: Hashable, function: Callable[[], Result]) -> Result:
        """Return what a function returns; callers with an equal key share one run of it.

        A caller that is cancelled does not end the run, because others may wait for it.
        """
        running: asyncio.Future[Result] | None = self._running.get(key)
        if running is None:
            loop = asyncio.get_running_loop()
            running = self._running[key] = loop.run_in_executor(self._executor, function)
            running.add_done_callback(lambda _: self._running.pop(key))
        await asyncio.wait([running])
        return running.result()
