"""Streams end within seconds when their right is revoked; the streams of others continue."""

import asyncio
import datetime as dt
import json
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from configuration.shared_sections import AccessSettings
from processor.access.api_keys import ApiKeys
from processor.access.gate import REVIEW_INTERVAL_SECONDS
from processor.access.principal import LIVE
from processor.http.stream.revocation import CLOSE_SECONDS
from testkit.keys_file import KeysFile
from testkit.scripted_app import ScriptedApp
from testkit.services import Service
from testkit.state_vectors import START, state_vector
from testkit.subscriber import Subscriber

LIVE_AND_PAST = ["flights:live", "flights:history"]
ALPS = "5,45,11,48"
SECONDS = 5
"""In which a stream is to end."""


class _Site:
    """The application with two keys: of one that loses its rights, and of one that keeps them."""

    def __init__(self, folder: Path) -> None:
        self.file = KeysFile(folder / "keys.yaml")
        self.loser = self.file.add("loser", LIVE_AND_PAST, areas=[ALPS, "20,45,25,48"])
        self.keeper = self.file.add("keeper", LIVE_AND_PAST)
        access = AccessSettings(mode="required", keys_file=self.file.path)
        self.app = ScriptedApp(access=access)
        self.gate = self.app.gate

    def receive(self, second: int) -> None:
        """Tell all streams something."""
        self.app.publish(state_vector("aaaaaa", START + second))

    async def look(self) -> None:
        """Do at once what is done every few seconds."""
        assert self.gate._keys is not None
        await self.gate._keys.reload()
        self.gate._grants.review()

    @asynccontextmanager
    async def sse(self, key: str) -> AsyncIterator["_Sse"]:
        """Open a stream and read its snapshot."""
        headers = {"authorization": f"Bearer {key}", "accept-encoding": "identity"}
        async with (
            httpx2.AsyncClient(base_url=self.app.url, headers=headers) as client,
            client.stream("GET", "/sse/flights") as response,
        ):
            stream = _Sse(response)
            await stream.read_until("snapshot")
            yield stream

    @asynccontextmanager
    async def websocket(self, key: str) -> AsyncIterator[ClientConnection]:
        """Open a stream and read its snapshot."""
        url = f"ws://127.0.0.1:{self.app.port}/ws/flights"
        headers = {"authorization": f"Bearer {key}"}
        async with connect(url, additional_headers=headers, proxy=None) as opened:
            assert (await _message(opened))["event"] == "snapshot"
            yield opened


class _Sse:
    def __init__(self, response: httpx2.Response) -> None:
        self._subscriber = Subscriber()
        self._chunks = response.aiter_raw()

    async def read_until(self, name: str) -> dict[str, Any]:
        """Read on until an event of this name has come, and return its data."""
        async with asyncio.timeout(SECONDS):
            while name not in self._subscriber.names:
                self._subscriber.feed(await anext(self._chunks))
        data: dict[str, Any] = json.loads(self._subscriber.events[-1].data)
        return data

    async def is_at_end(self) -> bool:
        """Whether nothing more comes."""
        async with asyncio.timeout(SECONDS):
            return await anext(self._chunks, None) is None


async def _message(opened: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(SECONDS):
        message: dict[str, Any] = json.loads(await opened.recv())
    return message


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[_Site]:
    site = _Site(tmp_path)
    async with site.app:
        site.receive(0)
        yield site


@pytest.fixture
async def watched(site: _Site) -> AsyncIterator[_Site]:
    """Give a site whose gate looks at its file, as the service has it."""
    watching = asyncio.create_task(site.gate.watch())
    yield site
    watching.cancel()


def _lose(site: _Site, how: str) -> None:
    if how == "deleted":
        site.file.delete("loser")
    elif how == "narrowed areas":
        site.file.change("loser", areas=[ALPS])
    elif how == "narrowed scopes":
        site.file.change("loser", scopes=["metrics"])


LOSSES = [
    ("deleted", "the API key was deleted", 1008),
    ("narrowed areas", "the areas of the API key have changed", 1012),
    ("narrowed scopes", "a scope of the API key was taken away", 1012),
]


@pytest.mark.parametrize(("how", "reason", "code"), LOSSES)
async def test_streams_end_with_their_right(
    watched: _Site, how: str, reason: str, code: int
) -> None:
    """The last event says why, even if no other request arrives; the other streams continue."""
    assert REVIEW_INTERVAL_SECONDS + CLOSE_SECONDS < SECONDS
    site = watched
    async with (
        site.sse(site.loser) as sse,
        site.sse(site.keeper) as other_sse,
        site.websocket(site.loser) as websocket,
        site.websocket(site.keeper) as other_websocket,
    ):
        _lose(site, how)
        assert await sse.read_until("bye") == {"reason": reason}
        assert await sse.is_at_end()
        said = await _message(websocket)
        assert (said["event"], said["data"]) == ("bye", {"reason": reason})
        with pytest.raises(ConnectionClosed) as raised:
            await _message(websocket)
        assert raised.value.rcvd is not None
        assert raised.value.rcvd.code == code
        site.receive(1)
        await other_sse.read_until("update")
        assert (await _message(other_websocket))["event"] == "update"
    loss = "revoked" if how == "deleted" else "narrowed"
    assert site.app.metric("flightmonitor_stream_closed_total", reason=loss) == 2


async def test_streams_end_when_their_key_expires(site: _Site) -> None:
    """By the clock, also one that has jumped since: its day begins while they are open."""
    today = dt.datetime.now(dt.UTC).date()
    key = site.file.add("guest", LIVE_AND_PAST, expires=today + dt.timedelta(days=1))
    async with site.sse(key) as stream, site.sse(site.keeper) as other:
        await site.look()
        assert site.gate._keys is not None
        site.gate._keys._clock = lambda: time.time() + 86_400
        await site.look()
        assert await stream.read_until("bye") == {"reason": "the API key has expired"}
        site.receive(1)
        await other.read_until("update")


async def test_an_expiry_that_is_brought_forward_counts(site: _Site) -> None:
    """The key was good for ever when the stream was opened."""
    async with site.sse(site.loser) as stream:
        site.file.change("loser", expires=dt.date(2020, 1, 1))
        await site.look()
        assert await stream.read_until("bye") == {"reason": "the API key has expired"}


async def test_more_rights_end_nothing(site: _Site) -> None:
    """Nor do other fields; the streams go on with what they had."""
    async with site.sse(site.loser) as stream, site.websocket(site.loser) as websocket:
        site.file.change("loser", areas=["0,40,30,50"], scopes=[*LIVE_AND_PAST, "metrics"])
        await site.look()
        site.file.change("loser", name="renamed", expires=dt.date(2999, 1, 1))
        await site.look()
        site.receive(1)
        await stream.read_until("update")
        assert (await _message(websocket))["event"] == "update"


async def test_a_scope_that_a_stream_does_not_use_is_no_matter_to_it(site: _Site) -> None:
    """A stream of now needs no past; a WebSocket may ask for it at any time, and ends."""
    async with site.sse(site.loser) as stream, site.websocket(site.loser) as websocket:
        site.file.change("loser", scopes=["flights:live"])
        await site.look()
        assert (await _message(websocket))["event"] == "bye"
        site.receive(1)
        await stream.read_until("update")


@pytest.mark.parametrize("step", [1, 13])
async def test_a_file_that_is_cut_off_ends_nothing(site: _Site, step: int) -> None:
    """Wherever: streams stay open, their keys open others, and it is said until it is whole."""
    whole = site.file.text
    lengths = range(0, len(whole) - len("...\n"), step)
    async with site.sse(site.loser) as stream, site.websocket(site.keeper) as websocket:
        for length in lengths:
            site.file.write(whole[:length])
            await site.look()
            assert site.gate.keys_trouble() is not None, length
        async with site.sse(site.loser):
            pass
        site.file.write(whole)
        await site.look()
        assert site.gate.keys_trouble() is None
        site.receive(1)
        await stream.read_until("update")
        assert (await _message(websocket))["event"] == "update"


async def test_half_a_file_without_an_end_ends_nothing(site: _Site) -> None:
    """As it was written by hand, or before there was a mark for the end."""
    whole = site.file.text.removesuffix("...\n")
    site.file.write(whole)
    site.gate._keys = ApiKeys(site.file.path)
    async with site.sse(site.loser) as stream, site.sse(site.keeper) as other:
        site.file.write(whole[: len(whole) // 2])
        await site.look()
        site.receive(1)
        await stream.read_until("update")
        await other.read_until("update")
    assert site.gate.keys_trouble() is not None


async def test_a_ticket_dies_with_its_key(site: _Site) -> None:
    """Also one that was never looked at in between."""
    headers = {"authorization": f"Bearer {site.loser}"}
    async with httpx2.AsyncClient(base_url=site.app.url) as client:

        async def ticket() -> str:
            answer = await client.post("/sse/ticket", headers=headers)
            return str(answer.json()["ticket"])

        narrow, late = await ticket(), await ticket()
        site.file.change("loser", areas=["5,45,10,48"])
        answer = await client.get(f"/api/flights?ticket={narrow}")
        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
        site.file.delete("loser")
        answer = await client.get(f"/api/flights?ticket={late}")
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
        assert "deleted" in answer.json()["reason"]


async def test_a_subscription_goes_by_the_rights_of_its_moment(site: _Site) -> None:
    """What a WebSocket was opened with is not enough for what it asks for later."""
    async with site.websocket(site.loser) as websocket:
        site.file.delete("loser")
        assert site.gate._keys is not None
        await site.gate._keys.reload()
        await websocket.send('{"subscribe": ""}')
        said = await _message(websocket)
        assert (said["event"], said["data"]["reason"]) == ("error", "the API key was deleted")


async def test_who_takes_nothing_is_cut_off(watched: _Site) -> None:
    """A last event could not reach it, and its connection would last for as long as it likes."""
    site = watched
    site.app.receive(*(state_vector(f"{number:06x}") for number in range(20_000)))
    site.app.tick()
    request = f"GET /sse/flights HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {site.keeper}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", site.app.port)) as silent:
        await asyncio.get_running_loop().run_in_executor(None, silent.sendall, request.encode())
        await _wait_until(lambda: site.app.metric("flightmonitor_stream_subscribers") == 1)
        site.file.delete("keeper")
        await _wait_until(lambda: site.app.metric("flightmonitor_stream_subscribers") == 0)


async def _wait_until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not holds():  # noqa: ASYNC110 - a state of the server's
            await asyncio.sleep(0.01)


async def test_nothing_is_kept_of_rights_that_are_used_no_longer(site: _Site) -> None:
    """However a stream ends."""
    async with site.sse(site.loser), site.websocket(site.keeper):
        assert {right.principal.name for right in site.gate._grants._held} == {
            "key:loser",
            "key:keeper",
        }
        assert all(LIVE in right.scopes for right in site.gate._grants._held)
        site.file.delete("loser")
        await site.look()
    await site.app.wait_empty()
    await _wait_until(lambda: not site.gate._grants)


def test_the_service_looks_by_itself(tmp_path: Path) -> None:
    """With a metric and a line of `/ready` that say so when the file cannot be used."""
    file = KeysFile(tmp_path / "keys.yaml")
    loser = file.add("loser", ["flights:live"])
    keeper = file.add("keeper", ["flights:live", "metrics"])
    service = Service(
        "processor",
        *("--role", "live"),
        folder=tmp_path,
        environment={
            "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            "HTTP_PORT": "0",
            "ACCESS_MODE": "required",
            "ACCESS_KEYS_FILE": str(file.path),
        },
    )
    service.start()

    def get(path: str) -> httpx2.Response:
        headers = {"authorization": f"Bearer {keeper}"}
        return httpx2.get(f"{service.url}{path}", headers=headers)

    try:
        headers = {"authorization": f"Bearer {loser}", "accept-encoding": "identity"}
        with httpx2.stream("GET", f"{service.url}/sse/flights", headers=headers) as stream:
            chunks = stream.iter_raw()
            next(chunks)
            assert "flightmonitor_access_keys_file_ok 1.0" in get("/metrics").text
            file.delete("loser")
            assert b"the API key was deleted" in b"".join(chunks)
        file.write("")
        ready = get("/ready")
        while ready.json()["keys_file"]:
            ready = get("/ready")
        assert "keys_file" in ready.json()["reasons"]
        assert "flightmonitor_access_keys_file_ok 0.0" in get("/metrics").text
    finally:
        service.kill()
