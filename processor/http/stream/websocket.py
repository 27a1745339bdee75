"""The route of the stream over a WebSocket, whose query the client can change."""

import asyncio
from collections.abc import Coroutine
from typing import Annotated
from urllib.parse import parse_qsl

import msgspec
from fastapi import APIRouter, Depends, WebSocket
from fastapi.responses import PlainTextResponse
from starlette.websockets import WebSocketDisconnect

from processor.access.errors import AccessError
from processor.access.grants import Right
from processor.access.principal import HISTORY, LIVE, Principal
from processor.access.slots import OverloadedError
from processor.history.errors import InvalidRequestError
from processor.http.access.admission import Admission, admit
from processor.http.access.dependencies import GivenGate
from processor.http.access.origins import is_allowed_origin
from processor.http.server.connection import connection_of
from processor.http.stream.request import (
    error_event,
    read_request,
    read_subscription,
    refusal_of,
    stream_client_of,
)
from processor.http.stream.revocation import ended_without_right
from processor.http.stream.services import Streams, StreamServices
from processor.live.subscriber import Subscriber
from processor.stream import events
from processor.stream.encoder import WEBSOCKET_ENCODER
from processor.stream.events import Event
from processor.stream.filter import FilterError

POLICY_VIOLATION, SERVICE_RESTART, TRY_AGAIN_LATER = 1008, 1012, 1013
"""Close codes of RFC 6455 (7.4.1) and of IANA's registry."""

WRONG_ORIGIN = (
    "pages of this origin are not allowed here: sse.allowed_origins names those that are; behind a"
    " proxy with TLS this server's own are if http.trusted_proxies names the proxy"
)

EXAMPLE = '{"subscribe": "bbox=5.9,45.8,10.5,47.9"}'

SUBSCRIBE_SECONDS = 0.1
"""Between two subscriptions of a client, each of which costs a snapshot. A user does not pan a map
faster."""

REFUSED = (AccessError, FilterError, InvalidRequestError)
"""Errors in a query."""

router = APIRouter()


class _Subscribe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The message of a client: a new query, written like the query of a URL."""

    subscribe: str


class _Stream:
    """An open WebSocket of an admitted client."""

    def __init__(self, socket: WebSocket, admission: Admission, streams: StreamServices) -> None:
        self._socket = socket
        self._admission = admission
        self._principal = admission.right.principal
        self._broadcaster = streams.broadcaster
        self._replay = streams.replay
        self._last_event_id = socket.query_params.get("last_event_id", "")
        self._deadline_seconds = streams.settings.write_deadline_seconds
        self._metrics = streams.metrics
        self._sent = streams.metrics.sent_bytes.of("websocket", "identity")

    async def serve(self) -> int:
        """Send the stream until it ends, and return the code to close with.

        Raises:
            TimeoutError: The client does not read.
        """
        try:
            query, past = read_request(
                self._socket, self._principal, self._replay, self._last_event_id
            )
            client = stream_client_of(self._socket, self._principal)
            with (
                self._broadcaster.subscription(client, query) as subscriber,
                ended_without_right(self._admission, subscriber, self._socket.scope),
            ):
                subscriber.replay_request = past
                await _until_first(self._send_stream(subscriber), self._receive(subscriber))
        except REFUSED as error:
            self._metrics.count_refusal(refusal_of(error))
            await self._send(error_event(error))
            return POLICY_VIOLATION
        except OverloadedError as error:
            await self._send(self._broadcaster.overloaded_event(error))
            return TRY_AGAIN_LATER
        is_revoked = (
            subscriber.close_reason is not None and subscriber.close_reason.name == "revoked"
        )
        return POLICY_VIOLATION if is_revoked else SERVICE_RESTART

    async def _send_stream(self, subscriber: Subscriber) -> None:
        source = self._replay or self._broadcaster
        async for text in source.stream(subscriber, WEBSOCKET_ENCODER, self._last_event_id):
            await self._send_text(text)
            del text

    async def _receive(self, subscriber: Subscriber) -> None:
        """Change the query on request; an invalid one gets an `error` and changes nothing."""
        while (message := await self._socket.receive())["type"] != "websocket.disconnect":
            try:
                request = msgspec.json.decode(message.get("text") or "", type=_Subscribe)
                pairs = parse_qsl(request.subscribe, keep_blank_values=True)
                self._admission.gate.check(self._admission.right)
                query, past = read_subscription(pairs, self._principal, self._replay)
                self._broadcaster.change_query(subscriber, query, past)
            except msgspec.DecodeError as error:
                await self._send(events.error(f"{error}; what is understood is {EXAMPLE}"))
            except (*REFUSED, OverloadedError) as error:
                await self._send(error_event(error))
            await asyncio.sleep(SUBSCRIBE_SECONDS)

    async def _send(self, event: Event) -> None:
        for text in WEBSOCKET_ENCODER.encode([event]):
            await self._send_text(text)

    async def _send_text(self, text: str) -> None:
        self._sent.add(text)
        async with asyncio.timeout(self._deadline_seconds):
            await self._socket.send_text(text)


async def _until_first(*coroutines: Coroutine[None, None, None]) -> None:
    """Run several coroutines until the first one ends, and cancel the others then."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in done:
        task.result()


async def _admitted(socket: WebSocket, gate: GivenGate, streams: Streams) -> Principal:
    try:
        return await admit(gate, LIVE, socket)
    except AccessError:
        streams.metrics.count_refusal("credentials")
        raise


@router.websocket("/ws/flights")
async def flights(
    socket: WebSocket,
    principal: Annotated[Principal, Depends(_admitted)],
    gate: GivenGate,
    streams: Streams,
) -> None:
    """Stream the live state or a replay; each message of the client replaces the query."""
    if not is_allowed_origin(
        socket.headers.get("origin"),
        host=socket.headers.get("host", ""),
        scheme=socket.scope["scheme"],
        allowed=streams.settings.allowed_origins,
    ):
        streams.metrics.count_refusal("origin")
        await socket.send_denial_response(PlainTextResponse(WRONG_ORIGIN, status_code=403))
        return
    await socket.accept()
    connection = connection_of(socket.scope)
    # The right to everything that the client may subscribe to later.
    admission = Admission(gate, Right(principal, principal.scopes & {LIVE, HISTORY}))
    try:
        await socket.close(await _Stream(socket, admission, streams).serve())
    except TimeoutError:
        connection.give_up()
    except WebSocketDisconnect:
        pass  # the client closed first
    if connection.is_given_up:
        streams.metrics.closed.labels("slow").inc()
