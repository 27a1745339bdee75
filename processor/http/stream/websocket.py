"""SERVE: the same stream over WebSocket, whose view can be changed while it is open."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Annotated
from urllib.parse import parse_qsl

import msgspec
from fastapi import APIRouter, WebSocket
from fastapi.responses import PlainTextResponse
from starlette.websockets import WebSocketDisconnect

from processor.access.errors import AccessError
from processor.access.gate import Gate
from processor.access.grants import Right
from processor.access.principal import HISTORY, LIVE, Principal
from processor.access.shares import OverloadedError
from processor.history.errors import InvalidRequestError
from processor.http.access.gate_middleware import Admission, require
from processor.http.access.origins import is_allowed_origin
from processor.http.server.connection import connection_of
from processor.http.stream.request import error_event, read_query, read_request, stream_client_of
from processor.http.stream.revocation import ended_without_right
from processor.live.broadcaster import Broadcaster
from processor.live.metrics import LiveMetrics
from processor.live.subscriber import Subscriber
from processor.replay.session import Replay
from processor.stream import events
from processor.stream.encoder import WEBSOCKET_ENCODER
from processor.stream.events import Event
from processor.stream.filter import FilterError

# RFC 6455, 7.4.1, and IANA's registry for the rest.
POLICY_VIOLATION, SERVICE_RESTART, TRY_AGAIN_LATER = 1008, 1012, 1013

WRONG_ORIGIN = (
    "pages of this origin are not allowed here: sse.allowed_origins names those that are; behind a"
    " proxy with TLS this server's own are if http.trusted_proxies names the proxy"
)

EXAMPLE = '{"subscribe": "bbox=5.9,45.8,10.5,47.9"}'

SUBSCRIBE_SECONDS = 0.1
"""Between two subscriptions of a viewer, each of which costs a snapshot; a hand pans no faster."""


REFUSED = (AccessError, FilterError, InvalidRequestError)
"""What is wrong with a view that is asked for."""


class _Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a client may say: what it wants to see from now on, as the query of a URL."""

    subscribe: str


class _Stream:
    """An open WebSocket of somebody who was admitted."""

    def __init__(
        self,
        socket: WebSocket,
        admission: Admission,
        broadcaster: Broadcaster,
        replay: Replay | None,
        deadline_s: float,
    ) -> None:
        self._socket = socket
        self._admission = admission
        self._principal = admission.right.principal
        self._broadcaster = broadcaster
        self._replay = replay
        self._last_event_id = socket.query_params.get("last_event_id", "")
        self._deadline_s = deadline_s

    async def serve(self) -> int:
        """Send the stream until it ends, and return the code to close with.

        Raises:
            TimeoutError: The viewer takes nothing.
        """
        try:
            view, past = read_request(
                self._socket, self._principal, self._replay, self._last_event_id
            )
            client = stream_client_of(self._socket, self._principal)
            with (
                self._broadcaster.subscription(client, view) as subscriber,
                ended_without_right(self._admission, subscriber, self._socket.scope),
            ):
                subscriber.replay_request = past
                await _until_first(self._follow(subscriber), self._listen(subscriber))
        except REFUSED as error:
            await self._send(error_event(error))
            return POLICY_VIOLATION
        except OverloadedError as error:
            await self._send(self._broadcaster.overloaded_event(error))
            return TRY_AGAIN_LATER
        is_revoked = (
            subscriber.close_reason is not None and subscriber.close_reason.name == "revoked"
        )
        return POLICY_VIOLATION if is_revoked else SERVICE_RESTART

    async def _follow(self, subscriber: Subscriber) -> None:
        source = self._replay or self._broadcaster
        async for text in source.stream(subscriber, WEBSOCKET_ENCODER, self._last_event_id):
            await self._send_text(text)
            del text

    async def _listen(self, subscriber: Subscriber) -> None:
        """Change the view when asked to; what cannot be used is told, and changes nothing."""
        while (message := await self._socket.receive())["type"] != "websocket.disconnect":
            try:
                request = msgspec.json.decode(message.get("text") or "", type=_Request)
                query = parse_qsl(request.subscribe, keep_blank_values=True)
                self._admission.gate.check(self._admission.right)
                view, past = read_query(query, self._principal, self._replay)
                self._broadcaster.change_query(subscriber, view, past)
            except msgspec.DecodeError as error:
                await self._send(events.error(f"{error}; what is understood is {EXAMPLE}"))
            except (*REFUSED, OverloadedError) as error:
                await self._send(error_event(error))
            await asyncio.sleep(SUBSCRIBE_SECONDS)

    async def _send(self, event: Event) -> None:
        for text in WEBSOCKET_ENCODER.encode([event]):
            await self._send_text(text)

    async def _send_text(self, text: str) -> None:
        async with asyncio.timeout(self._deadline_s):
            await self._socket.send_text(text)


async def _until_first(*coroutines: Coroutine[None, None, None]) -> None:
    """Run several until one ends, and end the others with it."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in done:
        task.result()


def websocket_routes(
    *,
    broadcaster: Broadcaster,
    replay: Replay | None,
    gate: Gate,
    metrics: LiveMetrics,
    write_deadline_seconds: float,
    allowed_origins: Sequence[str],
) -> APIRouter:
    """Make the route of the WebSocket."""
    router = APIRouter()

    @router.websocket("/ws/flights")
    async def flights(
        socket: WebSocket, principal: Annotated[Principal, require(gate, LIVE)]
    ) -> None:
        if not is_allowed_origin(
            socket.headers.get("origin"),
            host=socket.headers.get("host", ""),
            scheme=socket.scope["scheme"],
            allowed=allowed_origins,
        ):
            await socket.send_denial_response(PlainTextResponse(WRONG_ORIGIN, status_code=403))
            return
        await socket.accept()
        below = connection_of(socket.scope)
        # All that it may subscribe to, not what it looks at now.
        admission = Admission(gate, Right(principal, principal.scopes & {LIVE, HISTORY}))
        stream = _Stream(socket, admission, broadcaster, replay, write_deadline_seconds)
        try:
            await socket.close(await stream.serve())
        except TimeoutError:
            below.give_up()
        except WebSocketDisconnect:
            pass  # the viewer was first
        if below.is_given_up:
            metrics.closed.labels("slow").inc()

    return router
