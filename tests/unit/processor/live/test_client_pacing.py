"""Pacing: the requests of a client wait for each other and not for other clients."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from processor.access.shares import Client
from processor.live.client_pacing import MAX_CLIENTS_AT_ONCE, REST_RATIO, ClientPacing

CLOCK_SECONDS = 0.01
"""How early a timer may fire."""

BUSY, OTHER = Client("192.0.2.1"), Client("192.0.2.2")


async def is_served(pacing: ClientPacing, client: Client) -> bool:
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
    """A client is the same by its address, or as the same principal from elsewhere."""
    pacing = ClientPacing()
    async with pacing.paced(BUSY):
        assert not await is_served(pacing, BUSY)
        assert await is_served(pacing, OTHER)
        assert await is_served(pacing, Client(BUSY.address, "key:tower"))
    async with pacing.paced(Client("192.0.2.3", "key:tower")):
        assert not await is_served(pacing, Client("192.0.2.4", "key:tower"))


async def test_a_client_rests_for_longer_than_its_answer_took() -> None:
    """So its answers take a quarter of the time, however many it requests."""
    loop = asyncio.get_running_loop()
    pacing = ClientPacing()
    async with pacing.paced(BUSY):
        began_at = loop.time()
        await asyncio.sleep(0.05)
        took = loop.time() - began_at
    async with pacing.paced(BUSY):
        assert loop.time() - began_at >= (1 + REST_RATIO) * took - CLOCK_SECONDS


async def test_answers_in_the_making_are_bounded() -> None:
    """The bound holds for any number of clients."""
    pacing = ClientPacing()
    async with AsyncExitStack() as stack:
        for number in range(MAX_CLIENTS_AT_ONCE):
            await stack.enter_async_context(pacing.paced(Client(f"198.51.100.{number}")))
        assert not await is_served(pacing, OTHER)
    assert await is_served(pacing, OTHER)


async def test_clients_that_left_are_forgotten() -> None:
    """So are those that gave up, and those whose answer failed."""
    pacing = ClientPacing()
    async with pacing.paced(BUSY):
        assert not await is_served(pacing, BUSY)
    with pytest.raises(ZeroDivisionError):
        async with pacing.paced(OTHER):
            raise ZeroDivisionError
    async with asyncio.timeout(5):
        while len(pacing):  # noqa: ASYNC110 - nothing to wait for
            await asyncio.sleep(0)
