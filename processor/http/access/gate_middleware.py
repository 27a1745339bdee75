"""SERVE: the gate before routes, and the tickets of browsers."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request, Response, status
from fastapi.responses import JSONResponse
from starlette.requests import HTTPConnection
from starlette.types import Scope as AsgiScope

from processor.access.errors import AccessError
from processor.access.gate import Gate
from processor.access.grants import Right
from processor.access.principal import ANYBODY, LIVE, Principal, Scope
from processor.access.shares import Client, OverloadedError

RETRY_AFTER: dict[str, Any] = {
    "Retry-After": {
        "description": "Seconds after which to ask again",
        "schema": {"type": "integer"},
    }
}

_ADMISSION = "admission"

TOKEN_PARAMETERS = frozenset({"access_token", "api_key", "token"})


class Admission(msgspec.Struct, frozen=True):
    """The gate that has let a request in, and the right that it went by."""

    gate: Gate
    right: Right


def describe_refusal(description: str) -> dict[str, Any]:
    """Describe an answer whose body says why, once for programs and once for people."""
    text = {"type": "string"}
    schema = {
        "type": "object",
        "properties": {"error": text, "reason": text},
        "required": ["error", "reason"],
    }
    return {"description": description, "content": {"application/json": {"schema": schema}}}


OTHER_HOST: dict[int | str, dict[str, Any]] = {
    400: describe_refusal("The Host header names no host that is served here."),
}
"""For the documentation of every route."""

REFUSALS: dict[int | str, dict[str, Any]] = {
    401: describe_refusal("Nobody we know."),
    403: describe_refusal("Somebody who may not have this."),
}
"""For the documentation of every route behind the gate."""

OVER_SHARE: dict[int | str, dict[str, Any]] = {
    429: describe_refusal("The share of this principal or address is used up; `bound` names it.")
    | {"headers": RETRY_AFTER},
}
"""For the documentation of every route with places of which a client has a share."""


def require(gate: Gate, scope: Scope) -> Any:  # noqa: ANN401 - like FastAPI's own Depends
    """Make the dependency that admits to a route of HTTP or WebSocket, by header or ticket."""

    async def dependency(connection: HTTPConnection) -> Principal:
        return await admit(gate, scope, connection)

    return Depends(dependency)


async def admit(gate: Gate, scope: Scope, connection: HTTPConnection) -> Principal:
    """Return who asks, by header or ticket, and note the right in the request's state.

    Raises:
        AccessError: Nobody we know, or somebody without the scope.
    """
    principal = await gate.admit(
        authorization=connection.headers.get("authorization"),
        ticket=connection.query_params.get("ticket"),
        scope=scope,
        has_token_in_url=not TOKEN_PARAMETERS.isdisjoint(connection.query_params),
    )
    admission = Admission(gate, Right(principal, frozenset({scope})))
    connection.scope.setdefault("state", {})[_ADMISSION] = admission
    return principal


def admission_of(scope: AsgiScope) -> Admission | None:
    """Return how a request was let in, None where no route has asked."""
    admission: Admission | None = scope.get("state", {}).get(_ADMISSION)
    return admission


def client_of(connection: HTTPConnection, principal: Principal) -> Client:
    """Return which client is to be counted, by the address that a trusted proxy has seen."""
    address = connection.client.host if connection.client is not None else ""
    return Client(address, "" if principal is ANYBODY else principal.name)


def ticket_routes(gate: Gate) -> APIRouter:
    """Make the route where a browser changes its token for a ticket."""
    router = APIRouter(tags=["stream"])

    async def admit_by_header(connection: HTTPConnection) -> Principal:
        """Admit by header alone: tickets that beget tickets would live for ever."""
        return await gate.admit(
            authorization=connection.headers.get("authorization"), ticket=None, scope=LIVE
        )

    @router.post(
        "/sse/ticket",
        responses={503: describe_refusal("Too many tickets are unused."), **OVER_SHARE, **REFUSALS},
    )
    async def ticket(
        request: Request,
        principal: Annotated[Principal, Depends(admit_by_header)],
        response: Response,
    ) -> dict[str, str | int]:
        """Give a ticket for one connection to the stream, as its parameter `ticket`."""
        response.headers["Cache-Control"] = "no-store"
        client = client_of(request, principal)
        return {
            "ticket": gate.issue_ticket(principal, client.address),
            "expires_in": gate.ticket_seconds,
        }

    return router


async def refuse(_connection: HTTPConnection, error: AccessError) -> Response:
    """Answer a request that the gate has refused, a WebSocket's handshake too."""
    headers = {"Cache-Control": "no-store"}
    if error.code == "missing":
        headers["WWW-Authenticate"] = "Bearer"
    elif error.status != status.HTTP_503_SERVICE_UNAVAILABLE:
        headers["WWW-Authenticate"] = f'Bearer error="{error.code}"'
    body = {"error": error.code, "reason": error.reason}
    return JSONResponse(body, status_code=error.status, headers=headers)


async def refuse_overloaded(_connection: HTTPConnection, error: OverloadedError) -> Response:
    """Answer a request for which there is no place, a WebSocket's handshake too."""
    headers = {"Cache-Control": "no-store", "Retry-After": str(error.retry_after_seconds)}
    body = {
        "error": "overloaded",
        "reason": error.reason,
        "bound": error.bound,
        "limit": error.limit,
        "setting": error.setting or None,
    }
    return JSONResponse(body, status_code=error.status, headers=headers)
