"""Limits on the bytes of unread responses, for one client and for all."""

import asyncio
from typing import Any, cast

import pytest
from starlette.requests import HTTPConnection
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from processor.access.gate import Gate
from processor.access.principal import LIVE, Principal
from processor.access.slots import Client, OverloadedError
from processor.http.access.admission import admit
from processor.http.server.response_backlog import BoundedResponses, ResponseBacklog
from processor.stream.encoder import MAX_FRAME_BYTES

BODY = bytes(3 * MAX_FRAME_BYTES + 1)


class _TowerGate:
    """Admits every request as one principal."""

    async def admit(self, **_request: object) -> Principal:
        return Principal("key:tower", frozenset({LIVE}))


class _Peer:
    """A client that reads only when the test says so."""

    def __init__(self, address: str = "192.0.2.1", path: str = "/api/flights") -> None:
        self.scope: Scope = {
            "type": "http",
            "path": path,
            "client": (address, 1),
            "headers": [],
            "query_string": b"",
            "state": {},
        }
        self.messages: list[Message] = []
        self.taking = asyncio.Event()

    async def send(self, message: Message) -> None:
        self.messages.append(dict(message))
        await self.taking.wait()

    async def receive(self) -> Message:
        return await asyncio.Future[Message]()

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages)

    @property
    def status(self) -> int:
        status: int = self.messages[0]["status"]
        return status


def _request(app: ASGIApp, peer: _Peer) -> asyncio.Task[None]:
    async def request() -> None:
        await app(peer.scope, peer.receive, peer.send)

    return asyncio.create_task(request())


async def _whole(scope: Scope, receive: Receive, send: Send) -> None:
    await Response(BODY)(scope, receive, send)


@pytest.fixture
def outgoing() -> ResponseBacklog:
    """A backlog with room for three responses, two of them of one client."""
    return ResponseBacklog(total=3 * len(BODY), per_client=2 * len(BODY))


@pytest.fixture
def app(outgoing: ResponseBacklog) -> BoundedResponses:
    """An application that responds with a large body."""
    return BoundedResponses(_whole, deadline_seconds=30, backlog=outgoing)


async def _settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_an_answer_is_sent_in_pieces_and_is_complete(
    app: BoundedResponses, outgoing: ResponseBacklog
) -> None:
    """Each chunk follows when the previous one was read; then nothing is counted any more."""
    peer = _Peer()
    task = _request(app, peer)
    await _settle()
    assert outgoing.total_bytes() == len(BODY)
    assert len(peer.body) < len(BODY)
    peer.taking.set()
    await task
    assert peer.body == BODY
    assert max(len(message.get("body", b"")) for message in peer.messages) == MAX_FRAME_BYTES
    assert [message.get("more_body") for message in peer.messages[1:]] == [True, True, True, False]
    assert outgoing.total_bytes() == 0


async def test_one_client_that_reads_nothing_is_refused_more_and_others_are_served(
    app: BoundedResponses, outgoing: ResponseBacklog
) -> None:
    """The status is 429 and names the limit; the limit of all clients is 503."""
    peers = [_Peer(), _Peer(), _Peer(), _Peer("192.0.2.2"), _Peer("192.0.2.3")]
    for peer in peers[2:]:
        peer.taking.set()
    tasks = [_request(app, peer) for peer in peers[:3]]
    await _settle()
    assert (peers[2].status, tasks[2].done()) == (429, True)
    assert b'"bound":"address"' in peers[2].body
    await _request(app, peers[3])
    assert peers[3].body == BODY
    with outgoing.held(Client("192.0.2.9"), len(BODY)):
        await _request(app, peers[4])
    assert peers[4].status == 503
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert outgoing.total_bytes() == 0


async def test_a_principal_has_one_share_wherever_it_comes_from(app: BoundedResponses) -> None:
    """The request's state holds the principal once it is admitted."""
    peers = [_Peer(f"192.0.2.{number}") for number in range(3)]
    peers[2].taking.set()
    for peer in peers:
        await admit(cast("Gate", _TowerGate()), LIVE, HTTPConnection(peer.scope))
    tasks = [_request(app, peer) for peer in peers]
    await _settle()
    assert (peers[2].status, b'"bound":"principal"' in peers[2].body) == (429, True)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def test_what_is_larger_than_a_share_is_sent_to_who_has_nothing_else() -> None:
    """A response that is larger than the limit must be possible."""
    outgoing = ResponseBacklog(total=1, per_client=1)
    with outgoing.held(Client("192.0.2.1"), 2), pytest.raises(OverloadedError):
        outgoing._check(("address", "192.0.2.1"), 1)
    with outgoing.held(Client("192.0.2.1"), 2):
        pass


async def test_files_and_streams_pass(outgoing: ResponseBacklog) -> None:
    """They are made while they are read, so nothing is counted; large parts are divided."""

    async def parts(scope: Scope, receive: Receive, send: Send) -> None:
        async def content() -> Any:  # noqa: ANN401 - a generator
            yield b"first"
            yield BODY

        await StreamingResponse(content())(scope, receive, send)

    peer = _Peer()
    peer.taking.set()
    task = _request(BoundedResponses(parts, deadline_seconds=30, backlog=outgoing), peer)
    await _settle()
    assert peer.body == b"first" + BODY
    assert max(len(message.get("body", b"")) for message in peer.messages) == MAX_FRAME_BYTES
    task.cancel()
