"""Responses to requests that are not admitted, and their descriptions for OpenAPI."""

from typing import Any

from starlette import status
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response

from processor.access.errors import AccessError
from processor.access.slots import OverloadedError

RETRY_AFTER_HEADER: dict[str, Any] = {
    "Retry-After": {
        "description": "Seconds to wait before the next request.",
        "schema": {"type": "integer"},
    }
}


def describe_error(description: str) -> dict[str, Any]:
    """Describe a response whose body gives a code for programs and a reason for people."""
    text = {"type": "string"}
    schema = {
        "type": "object",
        "properties": {"error": text, "reason": text},
        "required": ["error", "reason"],
    }
    return {"description": description, "content": {"application/json": {"schema": schema}}}


INVALID_HOST: dict[int | str, dict[str, Any]] = {
    400: describe_error("The Host header names a host that is not served here."),
}
"""For the description of every route."""

NOT_ADMITTED: dict[int | str, dict[str, Any]] = {
    401: describe_error("The credentials are missing, unknown or expired; `reason` says which."),
    403: describe_error("The credentials are valid but lack the scope that this route needs."),
}
"""For the description of every route that needs credentials."""

OVERLOADED: dict[int | str, dict[str, Any]] = {
    429: describe_error("This principal or address has reached a limit; `bound` names it.")
    | {"headers": RETRY_AFTER_HEADER},
}
"""For the description of every route that limits how much one client may use at once."""


async def respond_not_admitted(_connection: HTTPConnection, error: AccessError) -> Response:
    """Respond to a request, or to the handshake of a WebSocket, that the gate refused."""
    headers = {"Cache-Control": "no-store"}
    if error.code == "missing":
        headers["WWW-Authenticate"] = "Bearer"
    elif error.status != status.HTTP_503_SERVICE_UNAVAILABLE:
        headers["WWW-Authenticate"] = f'Bearer error="{error.code}"'
    body = {"error": error.code, "reason": error.reason}
    return JSONResponse(body, status_code=error.status, headers=headers)


async def respond_overloaded(_connection: HTTPConnection, error: OverloadedError) -> Response:
    """Respond to a request, or to the handshake of a WebSocket, that is above a limit."""
    headers = {"Cache-Control": "no-store", "Retry-After": str(error.retry_after_seconds)}
    body = {
        "error": "overloaded",
        "reason": error.reason,
        "bound": error.bound,
        "limit": error.limit,
        "setting": error.setting or None,
    }
    return JSONResponse(body, status_code=error.status, headers=headers)
