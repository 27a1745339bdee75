"""The whole processor on real parts: a replay of the last minutes goes on live."""

import asyncio
import json
import time

import httpx
import pytest

from testkit.deployment import Deployment
from testkit.producer import as_messages, vectors
from testkit.subscriber import Subscriber

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database]

AIRCRAFT = 40
PAUSE_S = 1.5
"""Time between two polls: more than between two live ticks, so that each tick has one poll."""

Received = tuple[str, int]


async def _follow(url: str, subscriber: Subscriber) -> None:
    async with (
        httpx.AsyncClient(timeout=30) as client,
        client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer,
    ):
        async for received in answer.aiter_raw():
            subscriber.feed(received)


def _sent(subscriber: Subscriber) -> list[Received]:
    return [
        (state["icao24"], state["last_contact"])
        for event in subscriber.events
        if event.event == "update"
        for state in json.loads(event.data)["states"]
    ]


@pytest.mark.timeout(150)
async def test_from_history_into_the_present(deployment: Deployment) -> None:
    """Subscribers that begin at any time receive each state vector once."""
    begin, received = int(time.time()), set[Received]()
    first_second = begin - 200

    async def poll(moment: int) -> None:
        found = vectors(AIRCRAFT, aircraft=AIRCRAFT, first=0, start=moment, seed=moment)
        received.update((state.icao24, state.last_contact) for state in found)
        await asyncio.to_thread(deployment.publish, as_messages(found))

    for moment in range(first_second, begin - 60, 10):
        await poll(moment)
    url = await asyncio.to_thread(lambda: deployment.service("processor").url)
    subscribers: list[Subscriber] = []
    async with asyncio.TaskGroup() as group:
        tasks = []
        for poll_number in range(6):
            subscribers.append(Subscriber())
            address = f"{url}/sse/flights?from={first_second}"
            tasks.append(group.create_task(_follow(address, subscribers[-1])))
            await poll(begin - 40 + 2 * poll_number)
            await asyncio.sleep(PAUSE_S)
        async with asyncio.timeout(20):
            while not all(len(_sent(subscriber)) >= len(received) for subscriber in subscribers):  # noqa: ASYNC110 - streams of another process
                await asyncio.sleep(0.2)
        for task in tasks:
            task.cancel()
    for subscriber in subscribers:
        assert "reset" not in subscriber.names
        assert len(_sent(subscriber)) == len(received)
        assert set(_sent(subscriber)) == received
        assert subscriber.last_event_id.partition(".")[0] not in {"replay", "nearly"}
