"""The whole processor on real parts: from some minutes ago into the living picture."""

import asyncio
import json
import time

import httpx
import pytest

from tests.support.producer import as_messages, vectors
from tests.support.stage import Stage
from tests.support.viewer import Viewer

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database]

AIRCRAFT = 40
PAUSE_S = 1.5
"""Between two polls, more than between two turns of the picture, so that both show all."""

Heard = tuple[str, int]


async def _follow(url: str, viewer: Viewer) -> None:
    async with (
        httpx.AsyncClient(timeout=30) as client,
        client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer,
    ):
        async for received in answer.aiter_raw():
            viewer.feed(received)


def _sent(viewer: Viewer) -> list[Heard]:
    return [
        (state["icao24"], state["last_contact"])
        for event in viewer.events
        if event.event == "update"
        for state in json.loads(event.data)["states"]
    ]


@pytest.mark.timeout(150)
async def test_from_history_into_the_present(stage: Stage) -> None:
    """Viewers that come at any time are told each state vector once."""
    begin, heard = int(time.time()), set[Heard]()
    first_second = begin - 200

    async def poll(moment: int) -> None:
        found = vectors(AIRCRAFT, aircraft=AIRCRAFT, first=0, start=moment, seed=moment)
        heard.update((state.icao24, state.last_contact) for state in found)
        await asyncio.to_thread(stage.publish, as_messages(found))

    for moment in range(first_second, begin - 60, 10):
        await poll(moment)
    url = await asyncio.to_thread(lambda: stage.service("processor").url)
    viewers: list[Viewer] = []
    async with asyncio.TaskGroup() as group:
        tasks = []
        for turn in range(6):
            viewers.append(Viewer())
            address = f"{url}/sse/flights?from={first_second}"
            tasks.append(group.create_task(_follow(address, viewers[-1])))
            await poll(begin - 40 + 2 * turn)
            await asyncio.sleep(PAUSE_S)
        async with asyncio.timeout(20):
            while not all(len(_sent(viewer)) >= len(heard) for viewer in viewers):  # noqa: ASYNC110 - what viewers have seen
                await asyncio.sleep(0.2)
        for task in tasks:
            task.cancel()
    for viewer in viewers:
        assert "reset" not in viewer.names
        assert len(_sent(viewer)) == len(heard)
        assert set(_sent(viewer)) == heard
        assert viewer.last_event_id.partition(".")[0] not in {"replay", "nearly"}
