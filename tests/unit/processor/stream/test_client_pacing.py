"""What is made for one client alone: its requests wait for each other, and for nothing else."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from processor.access.slots import Client
from processor.stream.client_pacing import AT_ONCE, REST_RATIO, ClientPacing

CLOCK_SECONDS = 0.01
"""Timers may fire so much early."""

BUSY, OTHER = Client("192.0.2.1"), Client("192.0.2.2")


async def enters(pacing: ClientPacing, client: Client) -> bool:
    """Whether a client is served within a few steps of the event loop."""

    async def enter() -> None:
        async with pacing.paced(client):
            pass

    task = asyncio.create_task(enter())
    for _ in range(5):
        await asyncio.sleep(0)
    if task.done():
        return True
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return False


async def test_one_client_waits_for_itself_and_another_does_not() -> None:
    """Whether it comes by the same address again, or as the same principal from elsewhere."""
    pacing = ClientPacing()
    async with pacing.paced(BUSY):
        assert not await enters(pacing, BUSY)
        assert await enters(pacing, OTHER)
        assert await enters(pacing, Client(BUSY.address, "key:tower"))
    async with pacing.paced(Client("192.0.2.3", "key:tower")):
        assert not await enters(pacing, Client("192.0.2.4", "key:tower"))


async def test_a_client_rests_for_longer_than_its_answer_took() -> None:
    """So its answers take a small part of the time, however many it asks for."""
    loop = asyncio.get_running_loop()
    pacing = ClientPacing()
    async with pacing.paced(BUSY):
        began_at = loop.time()
        await asyncio.sleep(0.05)
        took = loop.time() - began_at
    async with pacing.paced(BUSY):
        assert loop.time() - began_at >= (1 + REST_RATIO) * took - CLOCK_SECONDS


async def test_few_answers_are_in_the_making_at_a_time() -> None:
    """However many clients ask."""
    pacing = ClientPacing()
    async with AsyncExitStack() as stack:
        for number in range(AT_ONCE):
            await stack.enter_async_context(pacing.paced(Client(f"198.51.100.{number}")))
        assert not await enters(pacing, OTHER)
    assert await enters(pacing, OTHER)


async def test_nothing_is_remembered_of_who_waits_no_longer() -> None:
    """Nor of who gave up, or failed."""
    pacing = ClientPacing()
    async with pacing.paced(BUSY):
        assert not await enters(pacing, BUSY)
    with pytest.raises(ZeroDivisionError):
        async with pacing.paced(OTHER):
            raise ZeroDivisionError
    async with asyncio.timeout(5):
        while len(pacing):  # noqa: ASYNC110 - a state of the object's
            await asyncio.sleep(0)
