"""Each file of `examples` works beside a monitor, and the clients replay what it has stored."""

import asyncio
import base64
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import pytest
from playwright.async_api import Page, Route

from testkit.browser import Chromium, Device, Pages
from testkit.services import ROOT
from tests.clients.packages import NPM_NAME, node
from tests.clients.reader import Installed, Reader
from tests.docs.monitor import Site, running_site

EXAMPLES = ROOT / "examples"
ARTEFACTS = ROOT / "tests/artefacts"
DEADLINE_S = 60.0
MAPLIBRE = ROOT / "web/node_modules/maplibre-gl"
TYPES = {".mjs": "text/javascript", ".css": "text/css"}
SEA = {"id": "sea", "type": "background", "paint": {"background-color": "#cfe0ee"}}
STYLE = {"version": 8, "sources": {}, "layers": [SEA]}

MIN_DRAWN = 500
"""Pixels; an aircraft has some fifty."""

DRAWN = """async (png) => {
  const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const isOrange = (at) => data[at] > 180 && data[at + 1] < 100 && data[at + 2] < 60;
  return data.filter((_, at) => at % 4 === 0 && isOrange(at)).length;
}"""
"""Counts the pixels of a picture that have the colour of the aircraft."""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Give a monitor on invented traffic that names the origin of port 8000."""
    with running_site() as site:
        yield site


@pytest.fixture(scope="module")
def folder(site: Site, installed: Installed) -> Path:
    """Give a project's folder with the examples and the built client, as after `make run`."""
    folder = site.folder / "project"
    (folder / "clients/typescript").mkdir(parents=True)
    built = installed.folder / "node_modules" / NPM_NAME / "dist"
    (folder / "clients/typescript/dist").symlink_to(built)
    shutil.copytree(EXAMPLES, folder / "examples")
    return folder


@pytest.fixture(scope="module")
def page_url(site: Site, folder: Path) -> Iterator[str]:
    """Give the address of the page on a web server of its own."""
    handler = partial(_Quiet, directory=str(folder))
    address = ("127.0.0.1", site.ports["8000"])
    with http.server.ThreadingHTTPServer(address, handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{address[1]}/examples/map.html?monitor={monitor(site)}"
        server.shutdown()
        thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its base's name
        """Write nothing."""


def monitor(site: Site) -> str:
    """Return the address of the monitor."""
    return f"http://localhost:{site.ports['8081']}"


def environment(site: Site, installed: Installed) -> Mapping[str, str]:
    """Return what a program finds set."""
    return {**os.environ, "MONITOR": monitor(site), "PYTHONPATH": str(installed.wheel)}


async def answer_for_others(page: Page) -> None:
    """Answer in the place of unpkg.com and maplibre.org, which a test must not need."""

    async def package(route: Route) -> None:
        name = re.sub(r"[?].*", "", route.request.url).rpartition("/dist/")[2]
        content_type = TYPES[Path(name).suffix]
        cors = {"access-control-allow-origin": "*", "content-type": content_type}
        await route.fulfill(path=MAPLIBRE / "dist" / name, headers=cors)

    async def style(route: Route) -> None:
        cors = {"access-control-allow-origin": "*", "content-type": "application/json"}
        await route.fulfill(body=json.dumps(STYLE), headers=cors)

    await page.context.route("https://unpkg.com/**", package)
    await page.context.route("https://demotiles.maplibre.org/**", style)


async def text_of(page: Page, pattern: str) -> str:
    """Wait until the corner of the page shows what matches."""
    count = page.locator("#count")
    deadline = time.monotonic() + DEADLINE_S
    shown = ""
    while time.monotonic() < deadline:
        shown = await count.inner_text()
        if re.fullmatch(pattern, shown):
            return shown
        await asyncio.sleep(0.1)
    raise TimeoutError(f"the page shows {shown!r}")


@pytest.mark.real_browser
@pytest.mark.drawn
@pytest.mark.asyncio(loop_scope="session")
async def test_the_map_shows_aircraft_from_another_origin(
    page_url: str, chromium: Chromium
) -> None:
    """They are drawn, and the stream is compressed as the browser takes it."""
    context = await chromium.context(Device(width=480, height=360))
    pages = Pages(context)
    page = await pages.open("about:blank")
    await answer_for_others(page)
    encodings: list[str] = []
    page.on("response", lambda answer: encodings.append(answer.headers.get("content-encoding", "")))
    await page.goto(page_url)
    n_aircraft = int((await text_of(page, r"[1-9]\d* aircraft")).split()[0])
    assert n_aircraft > 100
    assert "zstd" in encodings
    deadline = time.monotonic() + DEADLINE_S
    while (n_drawn := await page.evaluate(DRAWN, await picture(page))) < MIN_DRAWN:
        assert time.monotonic() < deadline, f"{n_drawn} pixels have the colour of aircraft"
    assert pages.complaints == []
    await context.close()


async def picture(page: Page) -> str:
    """Return what the page shows as a PNG in base64; keep it where pictures are to be kept."""
    taken = await page.screenshot()
    if os.environ.get("KEEP_PICTURES"):
        ARTEFACTS.mkdir(exist_ok=True)
        (ARTEFACTS / "example-map.png").write_bytes(taken)
    return base64.b64encode(taken).decode()


@pytest.mark.real_browser
@pytest.mark.asyncio(loop_scope="session")
async def test_the_map_says_when_its_origin_is_not_named(page_url: str, pages: Pages) -> None:
    """`127.0.0.1` is another origin than `localhost`; the page names the setting and the origin."""
    page = await pages.open("about:blank")
    await answer_for_others(page)
    url = page_url.replace("//localhost", "//127.0.0.1", 1)
    await page.goto(url)
    origin = re.escape(url.partition("/examples")[0])
    assert await text_of(page, rf"Failed to fetch: .*sse\.allowed_origins does not name {origin}")
    assert any("Access-Control-Allow-Origin" in each for each in pages.complaints)


def test_the_map_takes_the_version_that_the_page_has() -> None:
    """One that was tested."""
    versions = set(re.findall(r"maplibre-gl@([\d.]+)/", (EXAMPLES / "map.html").read_text()))
    page = json.loads((ROOT / "web/package.json").read_text())
    assert versions == {page["dependencies"]["maplibre-gl"]}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("read.mjs", (r"enters \w+\n", r"\d+ aircraft\n")),
        ("read.py", (r"\d+ aircraft, highest \w+\n",)),
    ],
)
def test_a_program_prints_aircraft(
    name: str, shown: Sequence[str], site: Site, folder: Path, installed: Installed
) -> None:
    """Until it is ended."""
    program = node() if name.endswith(".mjs") else sys.executable
    with subprocess.Popen(
        [program, str(folder / "examples" / name)],
        env=environment(site, installed),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        printed = ""
        while not all(re.search(pattern, printed) for pattern in shown):
            line = process.stdout.readline()
            assert line, printed
            printed += line
        process.kill()


def test_the_notebook_runs(site: Site, installed: Installed) -> None:
    """Its cells, one after another, as a kernel runs them."""
    notebook = json.loads((EXAMPLES / "state_vectors.ipynb").read_text())
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell.get("outputs", []) == [] for cell in notebook["cells"])
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(cells)],
        env=environment(site, installed),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"^[1-9]\d* state vectors of [1-9]\d* aircraft$", done.stdout, re.MULTILINE)
    assert "origin_country" in done.stdout
    assert "median_s" in done.stdout


async def test_a_client_replays_the_past(client: str, site: Site, installed: Installed) -> None:
    """As fast as it takes it, to the end, where the iteration ends as well."""
    now = int(time.time())
    query = {"from": now - 60, "to": now - 1, "speed": "max"}
    async with Reader(
        installed, client, server=monitor(site), query=query, fields=["callsign"]
    ) as reader:
        await reader.until_event("end")
        assert reader.names[0] == "snapshot"
        assert "update" in reader.names
        heartbeat = [line for line in reader.lines if line["event"] == "heartbeat"][-1]
        assert heartbeat["time"] == now - 1
