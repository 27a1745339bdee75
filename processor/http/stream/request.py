"""Read what a request to the stream asks for: a query, live or replayed, for a principal."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi.responses import JSONResponse
from starlette.requests import HTTPConnection

from processor.access.errors import AccessError
from processor.access.principal import HISTORY, Principal
from processor.access.slots import OverloadedError
from processor.history.errors import InvalidRequestError
from processor.http.access.admission import client_of
from processor.live.connection_limits import StreamClient
from processor.live.metrics import Refusal
from processor.live.sent_bytes import Transport
from processor.replay.request import PARAMETERS, check_window, parse_replay_request, resume
from processor.replay.session import Replay
from processor.stream import events
from processor.stream.events import Event
from processor.stream.filter import FilterError
from processor.stream.query import StreamQuery, parse_query
from processor.stream.replay_request import ReplayRequest

INVALID_FILTER: Mapping[str, Any] = {
    "description": "A parameter cannot be used; the body names it.",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {
                    "detail": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {
                                "type": {"type": "string"},
                                "loc": {"type": "array", "items": {"type": ["string", "integer"]}},
                                "msg": {"type": "string"},
                            },
                            "required": ["type", "loc", "msg"],
                        },
                    },
                },
                "required": ["detail"],
            },
        },
    },
}
"""The description of a 422, in the form of FastAPI's, for routes that take a filter."""

CONNECTION_PARAMETERS = frozenset({"last_event_id", "ticket"})
"""Parameters of the URL that are not part of the query."""


def read_stream_query(connection: HTTPConnection, principal: Principal) -> StreamQuery:
    """Return the query of a request, restricted to the principal's areas.

    Raises:
        FilterError: A parameter cannot be used; the error names it.
    """
    return parse_query(_without(CONNECTION_PARAMETERS, _pairs(connection)), principal.areas)


def read_request(
    connection: HTTPConnection, principal: Principal, replay: Replay | None, last_event_id: str
) -> tuple[StreamQuery, ReplayRequest | None]:
    """Return the query of a request, and the time range to replay or None for the live stream.

    Raises:
        AccessError: The principal may not read the history.
        FilterError: A parameter cannot be used; the error names it.
        InvalidRequestError: The time range cannot be replayed.
    """
    pairs = _without(CONNECTION_PARAMETERS, _pairs(connection))
    return read_subscription(pairs, principal, replay, last_event_id)


def read_subscription(
    pairs: list[tuple[str, str]],
    principal: Principal,
    replay: Replay | None,
    last_event_id: str = "",
) -> tuple[StreamQuery, ReplayRequest | None]:
    """Return the same as `read_request` for the names and values of parameters."""
    query = parse_query(_without(PARAMETERS, pairs), principal.areas)
    past = parse_replay_request(pairs, time.time() if replay is None else replay.clock())
    if past is None:
        return query, None
    if replay is None:
        raise FilterError("from", "there is no history here, only the live state")
    if HISTORY not in principal.scopes:
        raise AccessError(403, "insufficient_scope", f"the scope {HISTORY} is needed for this")
    if query.output_format.format == "delta":
        raise FilterError("format", "delta is for the live stream alone: in a replay take row")
    past = resume(past, last_event_id, query.tag)
    if past is not None:
        check_window(past, replay.limits.window_days, replay.clock())
    return query, past


def _pairs(connection: HTTPConnection) -> list[tuple[str, str]]:
    return connection.query_params.multi_items()


def _without(names: frozenset[str], pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in pairs if name not in names]


def stream_client_of(connection: HTTPConnection, principal: Principal) -> StreamClient:
    """Return the client that a stream counts for."""
    client = client_of(connection, principal)
    transport: Transport = "websocket" if connection.scope["type"] == "websocket" else "sse"
    return StreamClient(client.address, client.principal, principal.expires_at, transport)


def error_event(error: Exception, *, id: str | None = None) -> Event:  # noqa: A002 - SSE's name
    """Return the `error` event for a subscriber that cannot see an HTTP status."""
    if isinstance(error, FilterError | InvalidRequestError):
        return events.error(error.reason, parameter=error.parameter, id=id)
    return events.error(str(error), id=id)


async def respond_invalid_filter(_connection: HTTPConnection, error: FilterError) -> JSONResponse:
    """Respond to a parameter that cannot be used, in the form of FastAPI's validation errors."""
    detail = {"type": "filter", "loc": ["query", error.parameter], "msg": error.reason}
    return JSONResponse({"detail": [detail]}, status_code=422)


def refusal_of(error: AccessError | FilterError | InvalidRequestError | OverloadedError) -> Refusal:
    """Return the label under which a client that is refused a stream is counted."""
    if isinstance(error, OverloadedError):
        return error.bound
    return "credentials" if isinstance(error, AccessError) else "query"
