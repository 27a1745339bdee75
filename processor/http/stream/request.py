"""What a request to the stream says: which view, of now or of the past, and who asks."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi.responses import JSONResponse
from starlette.requests import HTTPConnection

from processor.access.errors import AccessError
from processor.access.principal import HISTORY, Principal
from processor.history.errors import InvalidRequestError
from processor.http.access.gate_middleware import client_of
from processor.live.connection_limits import StreamClient
from processor.replay.request import PARAMETERS, check_window, parse_replay_request, resume
from processor.replay.session import Replay
from processor.stream import events
from processor.stream.events import Event
from processor.stream.filter import FilterError
from processor.stream.query import StreamQuery, parse_query
from processor.stream.replay_request import ReplayRequest

UNUSABLE: Mapping[str, Any] = {
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
"""For the documentation of routes that take a filter: a 422 in FastAPI's shape."""

NOT_OF_THE_VIEW = frozenset({"last_event_id", "ticket"})


def read_view(connection: HTTPConnection, principal: Principal) -> StreamQuery:
    """Return the view that a request asks for, within the principal's areas.

    Raises:
        FilterError: Naming the parameter.
    """
    return parse_query(_without(NOT_OF_THE_VIEW, _query(connection)), principal.areas)


def read_request(
    connection: HTTPConnection, principal: Principal, replay: Replay | None, last_event_id: str
) -> tuple[StreamQuery, ReplayRequest | None]:
    """Return the view that a request asks for, and of when, if not of now.

    Raises:
        AccessError: The principal may not see the past.
        FilterError: Naming the parameter.
        InvalidRequestError: The same.
    """
    pairs = _without(NOT_OF_THE_VIEW, _query(connection))
    return read_query(pairs, principal, replay, last_event_id)


def read_query(
    pairs: list[tuple[str, str]],
    principal: Principal,
    replay: Replay | None,
    last_event_id: str = "",
) -> tuple[StreamQuery, ReplayRequest | None]:
    """Return the view that a query asks for, and of when, as `read_request` does."""
    view = parse_query(_without(PARAMETERS, pairs), principal.areas)
    question = parse_replay_request(pairs, time.time() if replay is None else replay.clock())
    if question is None:
        return view, None
    if replay is None:
        raise FilterError("from", "there is no history here, only the living picture")
    if HISTORY not in principal.scopes:
        raise AccessError(403, "insufficient_scope", f"the scope {HISTORY} is needed for this")
    if view.output_format.format == "delta":
        raise FilterError("format", "delta is of the living picture alone: in a replay take row")
    question = resume(question, last_event_id, view.tag)
    if question is not None:
        check_window(question, replay.limits.window_days, replay.clock())
    return view, question


def _query(connection: HTTPConnection) -> list[tuple[str, str]]:
    return connection.query_params.multi_items()


def _without(names: frozenset[str], pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in pairs if name not in names]


def stream_client_of(connection: HTTPConnection, principal: Principal) -> StreamClient:
    """Return whom to count."""
    client = client_of(connection, principal)
    return StreamClient(client.address, client.principal, principal.expires_at)


def error_event(error: Exception, *, id: str | None = None) -> Event:  # noqa: A002 - its name
    """Return what a viewer is told that can see no status."""
    if isinstance(error, FilterError | InvalidRequestError):
        return events.error(error.reason, parameter=error.parameter, id=id)
    return events.error(str(error), id=id)


async def refuse_filter(_connection: HTTPConnection, error: FilterError) -> JSONResponse:
    """Answer a request with a parameter that cannot be used, in the shape that FastAPI has."""
    detail = {"type": "filter", "loc": ["query", error.parameter], "msg": error.reason}
    return JSONResponse({"detail": [detail]}, status_code=422)
