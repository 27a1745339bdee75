"""A request waits for a slot, and never behind requests of a client at its limit."""

import asyncio

import pytest

from processor.access.slot_queue import SlotQueue
from processor.access.slots import Client, OverloadedError, SlotLimits, Slots

FLOOD, OTHER, THIRD = Client("192.0.2.1"), Client("192.0.2.2"), Client("192.0.2.3")


def make_places(
    total: int = 3, share: int = 2, *, in_line: int = 100, patience_seconds: float = 60
) -> SlotQueue:
    return SlotQueue(
        Slots("short questions", SlotLimits(total, per_principal=share, per_address=share)),
        waiting=SlotLimits(1_000, per_principal=in_line, per_address=in_line),
        patience_seconds=patience_seconds,
    )


async def request(places: SlotQueue, client: Client) -> asyncio.Task[None]:
    """Request a slot, and return once it is granted or the request waits."""
    task = asyncio.create_task(places.acquire(client))
    await asyncio.sleep(0)
    return task


async def test_a_client_is_served_at_once_however_many_requests_of_another_wait() -> None:
    places = make_places()
    flood = [await request(places, FLOOD) for _ in range(50)]
    assert [task.done() for task in flood] == [True] * 2 + [False] * 48
    assert (await request(places, OTHER)).done()
    for task in flood:
        task.cancel()


async def test_a_free_place_goes_to_the_first_in_line_that_may_have_it() -> None:
    places = make_places()
    flood = [await request(places, FLOOD) for _ in range(5)]
    await places.acquire(OTHER)
    late, later = await request(places, OTHER), await request(places, THIRD)
    assert not late.done()
    places.release(OTHER)
    await late
    assert not later.done()
    places.release(FLOOD)
    await asyncio.gather(flood[2])
    assert not later.done()
    places.release(OTHER)
    await later
    for task in flood:
        task.cancel()


async def test_waiting_ends_with_the_bound_that_was_met() -> None:
    places = make_places(patience_seconds=0)
    for _ in range(2):
        await places.acquire(FLOOD)
    with pytest.raises(OverloadedError, match=r"192\.0\.2\.1 has taken all of its 2"):
        await places.acquire(FLOOD)
    await places.acquire(OTHER)
    with pytest.raises(OverloadedError, match="all of the 3 places for short") as caught:
        await places.acquire(THIRD)
    assert caught.value.status == 503
    places.release(OTHER)
    await places.acquire(THIRD)


async def test_one_client_s_line_is_bounded_too() -> None:
    places = make_places(in_line=4)
    flood = [await request(places, FLOOD) for _ in range(6)]
    with pytest.raises(OverloadedError) as caught:
        await places.acquire(FLOOD)
    assert caught.value.status == 429
    for task in flood:
        task.cancel()


async def test_a_request_that_is_cancelled_leaves_nothing_behind() -> None:
    """The request may be waiting, or be granted its slot at that moment."""
    places = make_places(total=1, share=1)
    await places.acquire(FLOOD)
    waiting, lucky = await request(places, OTHER), await request(places, OTHER)
    waiting.cancel()
    await asyncio.wait([waiting])
    places.release(FLOOD)
    lucky.cancel()
    await asyncio.wait([lucky])
    assert lucky.cancelled()
    assert (await request(places, FLOOD)).done()
    assert not places._queue
    assert not len(places._waiting)
