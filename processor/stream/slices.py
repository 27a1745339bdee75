"""Long computations in slices, between which the event loop runs other tasks."""

import asyncio
import time
from collections.abc import Generator, Sequence
from typing import TypeAlias, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

Slices: TypeAlias = Generator[None, None, Result]
"""A computation that yields wherever it may be interrupted, and returns its result.

What it reads may not change until it is over. What it has made so far is not visible to others.
"""

SLICE_SECONDS = 0.015
"""Processor time after which other tasks run: well below the 50 ms that a request may wait, and so
long that a tick of some thousand aircraft waits for other tasks a few times only."""

ITEMS_AT_ONCE = 4_096
"""Items of a list that are handled between two places where a computation may be interrupted, which
takes some milliseconds."""


def run_at_once(slices: Slices[Result]) -> Result:
    """Return the result of a computation without an interruption."""
    while True:
        try:
            next(slices)
        except StopIteration as end:
            result: Result = end.value
            return result


async def run_in_slices(slices: Slices[Result]) -> Result:
    """Return the result of a computation; other tasks run after each `SLICE_SECONDS` of it."""
    began_at = time.thread_time()
    while True:
        try:
            next(slices)
        except StopIteration as end:
            result: Result = end.value
            return result
        if time.thread_time() - began_at >= SLICE_SECONDS:
            await asyncio.sleep(0)
            began_at = time.thread_time()


def portions(items: Sequence[Item]) -> Generator[Sequence[Item], None, None]:
    """Yield all items, `ITEMS_AT_ONCE` at a time."""
    for first in range(0, len(items), ITEMS_AT_ONCE):
        yield items[first : first + ITEMS_AT_ONCE]
