"""A principal that is restricted to areas learns nothing of what lies outside, by any route."""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import NamedTuple, Self

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from configuration.shared_sections import AccessSettings
from processor.access.new_key import make_key
from testkit import databases
from testkit.archive_site import ArchiveSite
from testkit.history_requests import STATIC, RequestMaker, RouteRequest
from testkit.migration import create_migrated_database
from testkit.whole_site import WholeSite, service_routes
from testkit.worlds import AREAS, Pair, make_pair

PART_PAIRS = 20
PARTS = [0, *(pytest.param(part, marks=pytest.mark.nightly) for part in range(1, 10))]
"""Parts of the pairs. Three of them, 60 pairs, use every route, area and kind of storage."""

BATCH_PAIRS = 10
"""Pairs that are stored at once. The last one of a batch is the newest in the database, and is also
replayed up to the present."""

SETTLED = 60
"""Passes of the event loop in which every stream sends all that there is."""

STREAMS = {("GET", "/sse/flights"), ("WEBSOCKET", "/ws/flights"), ("POST", "/sse/ticket")}

# Parts of answers that depend on the host or on chance, and not on the world.
MASKED = (
    (re.compile(rb"retry: \d+"), b"retry"),
    (re.compile(rb'"retry":\d+'), b"retry"),
    (re.compile(rb'"ptime":\d+'), b"ptime"),
    (re.compile(rb'"ticket":"[\w-]{43}"'), b"ticket"),
)
OWN_HEADERS = {"date", "server"}


class Sites(NamedTuple):
    """The two worlds, each served by a site of its own, and how many messages each has stored."""

    ours: WholeSite
    theirs: WholeSite
    stored: tuple[int, int]


class Stream:
    """An open stream, and all bytes received from it."""

    def __init__(self) -> None:
        self.received = b""
        self._task: asyncio.Task[None]

    def begin(self, chunks: AsyncIterator[bytes]) -> None:
        """Begin to receive."""
        self._task = asyncio.create_task(self._receive(chunks))

    async def _receive(self, chunks: AsyncIterator[bytes]) -> None:
        async for chunk in chunks:
            self.received += chunk

    async def has(self, text: bytes) -> None:
        """Wait until some bytes have been received."""
        give_up_at = time.monotonic() + 20
        while text not in self.received:
            assert time.monotonic() < give_up_at, (text, self.received[-2000:])
            await asyncio.sleep(0.002)

    async def end(self) -> None:
        """Stop receiving."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task


@pytest.fixture(scope="module")
def keys() -> list[str]:
    return []


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory, keys: list[str]) -> AccessSettings:
    """Give settings with a key for each of AREAS."""
    entries = []
    for number, areas in enumerate(AREAS):
        boxes = [f"{box.west},{box.south},{box.east},{box.north}" for box in areas]
        key, entry = make_key(
            name=f"key{number}", scopes=["flights:live", "flights:history"], areas=boxes
        )
        keys.append(key)
        entries.append(entry)
    file = tmp_path_factory.mktemp("areas") / "keys.yaml"
    file.write_text("".join(entries))
    return AccessSettings(mode="required", keys_file=file)


@pytest.fixture
def dsns(embedded_server: str) -> Iterator[tuple[str, str]]:
    """Give two migrated databases."""
    first = create_migrated_database(embedded_server)
    second = create_migrated_database(embedded_server)
    yield first, second
    for dsn in (first, second):
        databases.drop_database(embedded_server, dsn)


class _Archive:
    """Stores one world of each pair."""

    def __init__(self, dsn: str, world: int) -> None:
        self._site = ArchiveSite(dsn)
        self._world = world
        self.stored = 0

    async def store(self, pairs: Sequence[Pair], *, is_expired: bool) -> None:
        """Store pairs as the archive does, and expire all rows but those by minute if wanted."""
        vectors = [vector for pair in pairs for vector in pair.vectors[self._world]]
        await self._site.write(vectors)
        self.stored += len(vectors)
        await self._site.roll_up()
        if is_expired:
            await self._site.expire(pairs[-1].end + 3600)

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[Self]:
        """Claim the log."""
        await self._site.restart()
        self.stored = self._site._claim.next_offset
        yield self
        await self._site.database.close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", PARTS)
async def test_worlds_that_agree_inside_answer_alike(
    dsns: tuple[str, str], access: AccessSettings, keys: list[str], part: int
) -> None:
    """Pairs of worlds give the same bytes on every route, stream, WebSocket, replay and export.

    Of the first batch only the rows by minute remain stored.
    """
    covered = set(STREAMS)
    async with (
        WholeSite(dsns[0], access=access) as ours,
        WholeSite(dsns[1], access=access) as theirs,
        _Archive(dsns[0], 0).open() as our_archive,
        _Archive(dsns[1], 1).open() as their_archive,
    ):
        clients = {key: (ours.client(key), theirs.client(key)) for key in keys}
        first_pair = part * PART_PAIRS
        for first in range(first_pair, first_pair + PART_PAIRS, BATCH_PAIRS):
            pairs = [make_pair(number) for number in range(first, first + BATCH_PAIRS)]
            for archive in (our_archive, their_archive):
                await archive.store(pairs, is_expired=first == first_pair)
            sites = Sites(ours, theirs, (our_archive.stored, their_archive.stored))
            for pair in pairs:
                key = keys[pair.areas]
                comparison = _Comparison(sites, pair, key, clients[key])
                covered |= await comparison.run(is_newest=pair is pairs[-1])
        for two in clients.values():
            for client in two:
                await client.aclose()
    routes = await service_routes()
    assert {route for route in routes if route[0] != "HEAD"} == covered


class _Comparison:
    """Sends the same requests to both worlds of a pair, and compares the bytes of the answers."""

    def __init__(
        self,
        sites: Sites,
        pair: Pair,
        key: str,
        clients: tuple[httpx2.AsyncClient, httpx2.AsyncClient],
    ) -> None:
        self._sites = (sites.ours, sites.theirs)
        self._stored = sites.stored
        self._pair = pair
        self._key = key
        self._headers = {"Authorization": f"Bearer {key}"}
        self._clients = clients
        self._requests = RequestMaker(pair)
        self._covered: set[tuple[str, str]] = set()
        self._open: list[tuple[Stream, Stream]] = []
        self._sockets: list[ClientConnection] = []

    async def run(self, *, is_newest: bool) -> set[tuple[str, str]]:
        """Play the pair, read its history, and return the method and path of each route used."""
        async with contextlib.AsyncExitStack() as stack:
            await self._play(stack)
            if is_newest:
                query = f"from={self._pair.start}"
                await self._stream(stack, query, "event: heartbeat")
            await self._finish_streams()
        await self._request_all(self._requests.history())
        await self._follow_pages()
        await self._replay()
        if self._pair.number % 20 == 0:
            for request in STATIC:
                await self._request(request, "/assets/{name}" if "assets" in request.path else None)
        await self._ticket()
        return self._covered

    async def _play(self, stack: contextlib.AsyncExitStack) -> None:
        """Play all ticks while streams are open; a stream may be read after two ticks only."""
        for world, site in enumerate(self._sites):
            received = sum(len(step.received[world]) for step in self._pair.steps)
            site.now = self._pair.start
            site.begin_at(self._stored[world] - received)
        for index, step in enumerate(self._pair.steps):
            for world, site in enumerate(self._sites):
                site.now = step.now
                site.receive(*step.received[world])
                site.tick(is_heartbeat=step.is_heartbeat)
            if not step.is_read:
                continue
            await _settle()
            if index == 0:
                await self._watch(stack)
            elif index == len(self._pair.steps) - 2:
                await self._reconnect(stack)
                await self._request_all(self._requests.live())
            elif index % 2:
                await self._request(RouteRequest("/api/flights"), "/api/flights")

    async def _watch(self, stack: contextlib.AsyncExitStack) -> None:
        """Open streams with several queries."""
        await self._stream(stack, "", "event: snapshot")
        await self._stream(stack, "fields=callsign&format=row", "event: snapshot")
        await self._socket(stack, "on_ground=false")

    async def _reconnect(self, stack: contextlib.AsyncExitStack) -> None:
        """Resume a stream at its last id, and subscribe to another query over the WebSocket."""
        for socket, stream in zip(self._sockets, self._open[2], strict=True):
            await socket.send('{"subscribe": "format=row"}')
            await stream.has(b'"fields":[')
        last_ids = [re.findall(rb"id: (\S+)", one.received)[-1] for one in self._open[0]]
        assert last_ids[0] == last_ids[1]
        await self._stream(stack, f"last_event_id={last_ids[0].decode()}", "event: snapshot")

    async def _finish_streams(self) -> None:
        """Wait for the last heartbeat of each stream, and compare all received bytes."""
        end = b'{"time":%d,"aircraft":' % self._pair.end
        for two in self._open:
            for one in two:
                await one.has(end)
            await _settle()
            self._compare("a stream", *(one.received for one in two))
            for one in two:
                await one.end()

    async def _stream(self, stack: contextlib.AsyncExitStack, query: str, until: str) -> None:
        """Open a stream of each world, and wait until some bytes have been received."""
        two = (Stream(), Stream())
        for stream, client in zip(two, self._clients, strict=True):
            headers = {"Accept-Encoding": "identity"}
            address = f"/sse/flights?{query}"
            context = client.stream("GET", address, headers=headers, timeout=30)
            answer = await stack.enter_async_context(context)
            assert answer.status_code == 200, (await answer.aread(), address)
            stream.begin(answer.aiter_raw())
        for stream in two:
            await stream.has(until.encode())
        self._open.append(two)

    async def _socket(self, stack: contextlib.AsyncExitStack, query: str) -> None:
        two = (Stream(), Stream())
        for stream, site in zip(two, self._sites, strict=True):
            socket = await stack.enter_async_context(self._connect(site, query))
            self._sockets.append(socket)
            stream.begin(_texts(socket))
        for stream in two:
            await stream.has(b'"event":"snapshot"')
        self._open.append(two)

    def _connect(self, site: WholeSite, query: str) -> connect:
        address = f"{site.url.replace('http', 'ws')}/ws/flights?{query}"
        return connect(address, additional_headers=self._headers, max_size=None, proxy=None)

    async def _request_all(self, requests: dict[str, list[RouteRequest]]) -> None:
        for route, of_route in requests.items():
            for request in of_route:
                await self._request(request, route)

    async def _request(self, request: RouteRequest, route: str | None = None) -> httpx2.Response:
        answers = await asyncio.gather(
            *(client.get(request.path, params=request.query) for client in self._clients)
        )
        self._covered.add(("GET", route or request.path))
        ours, theirs = answers
        assert ours.status_code == theirs.status_code, self._place(request)
        assert _headers(ours, request) == _headers(theirs, request), self._place(request)
        self._compare(request, ours.content, theirs.content)
        return ours

    async def _follow_pages(self) -> None:
        """Request pages of a few flights each, up to the last page."""
        first = self._requests.window | {"limit": 3, "include_ground": True}
        after = None
        while True:
            query = first if after is None else first | {"after": after}
            page = await self._request(RouteRequest("/api/history/flights", query))
            after = page.json()["next"]
            if after is None:
                return

    async def _replay(self) -> None:
        """Replay the pair by both kinds of stream, from its beginning and from an event id on."""
        query = f"from={self._pair.start}&to={self._pair.end}&speed=max"
        whole = await self._read_replay(query)
        assert b"event: bye" in whole
        ids = re.findall(rb"id: (\S+)", whole)
        middle = ids[len(ids) // 2].decode()
        await self._read_replay(f"{query}&last_event_id={middle}")
        texts = await asyncio.gather(*(self._read_socket(site, query) for site in self._sites))
        assert b"bye" in texts[0]
        self._compare("a replay over WebSocket", *texts)

    async def _read_replay(self, query: str) -> bytes:
        """Return the bytes of a replay that ends, which are the same in both worlds."""
        headers = {"Accept-Encoding": "identity"}
        answers = await asyncio.gather(
            *(client.get(f"/sse/flights?{query}", headers=headers) for client in self._clients)
        )
        self._compare(query, *(answer.content for answer in answers))
        return answers[0].content

    async def _read_socket(self, site: WholeSite, query: str) -> bytes:
        async with self._connect(site, query) as socket:
            return b"".join([text async for text in _texts(socket)])

    async def _ticket(self) -> None:
        answers = [await client.post("/sse/ticket") for client in self._clients]
        self._compare("a ticket", *(answer.content for answer in answers))

    def _compare(self, what: object, ours: bytes, theirs: bytes) -> None:
        one, other = _masked(ours), _masked(theirs)
        if one != other:
            pairs = enumerate(zip(one, other, strict=False))
            at = next((index for index, two in pairs if two[0] != two[1]), len(one))
            around = slice(max(0, at - 300), at + 300)
            pytest.fail(f"{self._place(what)} differ: {one[around]!r} and {other[around]!r}")

    def _place(self, what: object) -> str:
        return f"pair {self._pair.number}: {what}"


async def _settle() -> None:
    for _ in range(SETTLED):
        await asyncio.sleep(0)


async def _texts(socket: ClientConnection) -> AsyncIterator[bytes]:
    with contextlib.suppress(ConnectionClosed):
        async for text in socket:
            yield (text.encode() if isinstance(text, str) else text) + b"\n"


def _headers(answer: httpx2.Response, request: RouteRequest) -> dict[str, str]:
    ignored = OWN_HEADERS | ({"content-length"} if request.path.startswith("/v2/") else set())
    return {name: value for name, value in answer.headers.items() if name not in ignored}


def _masked(content: bytes) -> bytes:
    for pattern, name in MASKED:
        content = pattern.sub(name, content)
    return content
