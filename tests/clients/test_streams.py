"""The clients of both languages hold what the real server sends, through cuts and refusals."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from msgspec.structs import replace

from configuration.shared_sections import AccessSettings
from testkit.keys_file import KeysFile
from testkit.scripted_app import SSE, ScriptedApp
from testkit.state_vectors import state_vector
from testkit.tcp_proxy import TcpProxy
from tests.clients.packages import node_version
from tests.clients.reader import Installed, Reader

FLEET = [
    state_vector(
        f"4b18{number:02x}",
        callsign=f"SWR{number}",
        longitude=8.0 + number / 10,
        velocity=None if number % 7 == 0 else 200.1 + number,
        on_ground=number % 5 == 0,
    )
    for number in range(40)
]
FIRST_WITH_ZSTD = 24
DELTA_LACKS = {"sensors", "geo_altitude", "spi", "position_source"}


@pytest_asyncio.fixture
async def app() -> AsyncIterator[ScriptedApp]:
    """Give a server with some aircraft."""
    async with ScriptedApp() as app:
        app.publish(*FLEET)
        yield app


async def rows(app: ScriptedApp, query: str = "") -> dict[str, dict[str, Any]]:
    """Return what the server answers once, by icao24."""
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{app.url}/api/flights?format=row{query}")
    data = answer.json()
    states = [dict(zip(data["fields"], row, strict=True)) for row in data["states"]]
    return {state["icao24"]: state for state in states}


def climb(app: ScriptedApp, metres: float) -> None:
    """Let every third aircraft climb by some metres, half a minute later."""
    app.turn_clock(30)
    app.publish(
        *(
            replace(
                vector,
                last_contact=int(app.now),
                baro_altitude=(vector.baro_altitude or 0) + metres,
            )
            for vector in FLEET[::3]
        )
    )


@pytest.mark.parametrize("encoding", ["identity", "gzip", "zstd"])
@pytest.mark.parametrize("format_", ["object", "row", "delta"])
async def test_the_fleet_is_that_of_the_server(
    client: str, format_: str, encoding: str, installed: Installed, app: ScriptedApp
) -> None:
    """In every format and encoding, after a snapshot, an update and a removal."""
    if client == "typescript" and encoding == "zstd" and node_version() < FIRST_WITH_ZSTD:
        pytest.skip("the fetch of this Node does not decode zstd, nor request it")
    options = {"server": app.url, "format": format_, "headers": {"Accept-Encoding": encoding}}
    async with Reader(installed, client, **options) as reader:
        await reader.until_event("snapshot")
        climb(app, 100)
        update = await reader.until_event("update")
        assert update["n_states"] == len(FLEET[::3])
        app.turn_clock(290)
        app.tick()
        removed = await reader.until_event("remove")
        assert set(removed["icao24"]) == {v.icao24 for v in FLEET} - set(removed["fleet"])
        expected: Mapping[str, Any] = app.live_state() if format_ == "object" else await rows(app)
        if format_ == "delta":
            types = await rows(app, "&fields=type")
            expected = {
                icao24: {name: value for name, value in state.items() if name not in DELTA_LACKS}
                | types[icao24]
                for icao24, state in expected.items()
            }
        assert reader.fleet == expected
        assert len(expected) == len(FLEET[::3])
    sent = app.metric("flightmonitor_stream_sent_bytes_total", encoding=encoding)
    assert sent > 0


async def test_a_client_resumes_after_a_cut(
    client: str, installed: Installed, app: ScriptedApp
) -> None:
    """With the last id: it gets the changes that it missed, and neither reset nor snapshot."""
    with TcpProxy(app.port) as proxy:
        url = f"http://127.0.0.1:{proxy.port}"
        async with Reader(installed, client, server=url, format="delta") as reader:
            await reader.until_event("snapshot")
            proxy.cut()
            climb(app, 200)
            await reader.until_event("disconnected", 2)
            proxy.restore()
            update = await reader.until_event("update")
            assert update["n_states"] == len(FLEET[::3])
            assert reader.names.count("snapshot") == 1
            assert "reset" not in reader.names


async def test_waits_grow_while_the_server_is_away(
    client: str, installed: Installed, app: ScriptedApp
) -> None:
    """From the time that the server stated, doubled by each failure."""
    async with Reader(installed, client, server=app.url) as reader:
        await reader.until_event("snapshot")
        await app.stop()
        await reader.until_event("disconnected", 4)
        lines = [line for line in reader.lines if line["event"] == "disconnected"]
        waits = [line.get("retry_in_s", line.get("retryInMs", 0) / 1000) for line in lines]
        stated = SSE.retry_milliseconds / 1000
        assert stated <= waits[0] <= 2 * stated
        for failures, wait in enumerate(waits[1:4], 1):
            assert 0.5 * 2**failures <= wait / waits[0] <= 2**failures
        app.start()
        climb(app, 100)
        await reader.until_event("update")
        assert len(reader.fleet) == len(FLEET)


async def test_a_silent_connection_is_replaced(
    client: str, installed: Installed, app: ScriptedApp
) -> None:
    """It looks open, but brings nothing."""
    with TcpProxy(app.port) as proxy:
        url = f"http://127.0.0.1:{proxy.port}"
        async with Reader(installed, client, server=url, silence_seconds=1.5) as reader:
            await reader.until_event("snapshot")
            proxy.stall()
            await reader.until_event("disconnected")
            proxy.restore()
            climb(app, 300)
            await reader.until_event("update")


async def test_an_orderly_end_is_named(client: str, installed: Installed, app: ScriptedApp) -> None:
    """The server's reason is that of the event."""
    async with Reader(installed, client, server=app.url) as reader:
        await reader.until_event("snapshot")
        await app.stop()
        await reader.until_event("disconnected")
        first = reader.lines[reader.names.index("disconnected")]
        assert first["reason"] == "the server is shutting down"
        app.start()
        climb(app, 100)
        await reader.until_event("update")


async def test_filters_and_fields(client: str, installed: Installed, app: ScriptedApp) -> None:
    """Only what was requested comes, with the fields that were requested."""
    chosen = [FLEET[3].icao24, FLEET[5].icao24]
    query = {"icao24": chosen, "on_ground": FLEET[3].on_ground}
    async with Reader(
        installed, client, server=app.url, query=query, fields=["callsign"]
    ) as reader:
        await reader.until_event("snapshot")
        expected = {v.icao24 for v in (FLEET[3], FLEET[5]) if v.on_ground == FLEET[3].on_ground}
        assert set(reader.fleet) == expected
        assert reader.fleet[chosen[0]] == {"icao24": chosen[0], "callsign": FLEET[3].callsign}


async def test_a_wrong_query_is_an_error(
    client: str, installed: Installed, app: ScriptedApp
) -> None:
    """It names the parameter, and the client does not return."""
    async with Reader(installed, client, server=app.url, query={"bbox": "1,2,3"}) as reader:
        refusal = await reader.until_event("refused")
        assert refusal["parameter"] == "bbox"
        assert "bbox" in refusal["reason"] or "west" in refusal["reason"]
        assert reader.names == ["refused"]


async def test_another_address_is_an_error(
    client: str, installed: Installed, app: ScriptedApp
) -> None:
    """The status says so."""
    async with Reader(installed, client, server=f"{app.url}/nowhere") as reader:
        assert (await reader.until_event("refused"))["status"] == 404


async def test_an_access_key(client: str, installed: Installed, tmp_path: Path) -> None:
    """With it the stream is open; without it, or with a wrong one, the refusal has the reason."""
    keys = KeysFile(tmp_path / "keys.yaml")
    key = keys.add("reader", ["flights:live"])
    access = AccessSettings(mode="required", keys_file=keys.path)
    async with ScriptedApp(access=access) as app:
        app.publish(*FLEET)
        async with Reader(installed, client, server=app.url, key=key) as reader:
            await reader.until_event("snapshot")
            assert len(reader.fleet) == len(FLEET)
        for wrong in ({}, {"key": key[:-1] + "x"}):
            async with Reader(installed, client, server=app.url, **wrong) as reader:
                refusal = await reader.until_event("refused")
                assert refusal["status"] in {200, 401}
                assert "key" in refusal["reason"]


async def test_a_full_server_is_waited_for(client: str, installed: Installed) -> None:
    """It says when to return; that is no refusal."""
    full = SSE.model_copy(update={"max_viewers_per_address": 1})
    async with ScriptedApp(sse=full) as app:
        app.publish(*FLEET)
        async with Reader(installed, client, server=app.url) as first:
            await first.until_event("snapshot")
            async with Reader(installed, client, server=app.url) as second:
                line = await second.until_event("disconnected")
                assert "sse.max_viewers_per_address" in line["reason"]
                await first.close()
                await second.until_event("snapshot")
