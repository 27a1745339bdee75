"""The page and the API below a path of a real nginx, which takes the path off or passes it on."""

import asyncio
import json
import re
import ssl
from urllib.parse import urljoin

import httpx
import pytest
import websockets

from processor.settings import ProcessorSettings
from testkit.application import LIVE, Application
from testkit.producer import vectors
from testkit.reverse_proxy import ReverseProxy

pytestmark = pytest.mark.real_proxies

PATH = "/flights"
BELOW = {"location / {": f"location {PATH}/ {{"}
STRIPPED = {**BELOW, "proxy_pass http://flight_monitor;": "proxy_pass http://flight_monitor/;"}
_ASSET = re.compile(r'(?:src|href)="([^"#]+)"')


@pytest.mark.parametrize(
    ("changes", "root_path"),
    [
        pytest.param(STRIPPED, "", id="taken off, without a setting"),
        pytest.param(STRIPPED, PATH, id="taken off"),
        pytest.param(BELOW, PATH, id="passed on"),
    ],
)
async def test_everything_works_below_a_path(changes: dict[str, str], root_path: str) -> None:
    """The page with its files, REST, streams; with the setting also redirects and OpenAPI."""
    http = {"root_path": root_path}
    site = Application(
        ProcessorSettings.model_validate({"live": LIVE, "http": http}), has_history=False
    )
    site.open()
    site.publish(*vectors(20, aircraft=20))
    async with site.serving():
        with await asyncio.to_thread(started, (site.port, site.port), changes) as proxy:
            trust = ssl.create_default_context(cafile=str(proxy.certificate))
            url = f"{proxy.url}{PATH}/"
            async with httpx.AsyncClient(verify=trust) as client:
                await check_page(client, url)
                await check_data(client, url)
                if root_path:
                    await check_addresses(client, url)
            await check_websocket(url, trust)


def started(ports: tuple[int, int], changes: dict[str, str]) -> ReverseProxy:
    """Start nginx with the changed example, and return it for a block that ends it."""
    proxy = ReverseProxy("nginx", ports, changes)
    proxy.start()
    return proxy


async def check_page(client: httpx.AsyncClient, url: str) -> None:
    """The address without its last slash leads to the page, which names its files relatively."""
    moved = await client.get(url.rstrip("/"))
    assert moved.status_code in {301, 307}
    assert urljoin(url, moved.headers["location"]).endswith(f"{PATH}/")
    page = await client.get(url)
    assert page.status_code == 200, page.text
    files = _ASSET.findall(page.text)
    assert any("assets/" in file for file in files)
    for file in [*files, "page.json"]:
        answer = await client.get(urljoin(url, file))
        assert answer.status_code == 200, file
        assert answer.url.path.startswith(f"{PATH}/")


async def check_data(client: httpx.AsyncClient, url: str) -> None:
    """REST, probes and the stream answer, and a stream is passed on as it comes."""
    assert len((await client.get(f"{url}api/flights")).json()["states"]) == 20
    for probe in ("health", "ready", "metrics"):
        assert (await client.get(f"{url}{probe}")).status_code == 200
    async with client.stream("GET", f"{url}sse/flights") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        async for line in stream.aiter_lines():
            if line == "event: snapshot":
                break
        else:
            pytest.fail("the stream has no snapshot")


async def check_addresses(client: httpx.AsyncClient, url: str) -> None:
    """What names an address of the server names one that a client can use."""
    document = (await client.get(f"{url}openapi.json")).json()
    assert document["servers"] == [{"url": PATH}]
    moved = await client.get(f"{url}api/flights/")
    assert httpx.URL(moved.headers["location"]).path == f"{PATH}/api/flights"


async def check_websocket(url: str, trust: ssl.SSLContext) -> None:
    """The first message is the snapshot."""
    address = f"{url.replace('https', 'wss')}ws/flights"
    async with websockets.connect(address, ssl=trust) as socket, asyncio.timeout(10):
        while json.loads(await socket.recv()).get("event") != "snapshot":
            pass
