"""Admit requests by their credentials."""

import msgspec
from starlette.requests import HTTPConnection
from starlette.types import Scope as AsgiScope

from processor.access.gate import Gate
from processor.access.grants import Right
from processor.access.principal import ANONYMOUS, Principal, Scope
from processor.access.slots import Client

_ADMISSION = "admission"
"""Key in the state of a request's ASGI scope."""

TOKEN_PARAMETERS = frozenset({"access_token", "api_key", "token"})
"""Query parameters in which clients send credentials by mistake."""


class Admission(msgspec.Struct, frozen=True):
    """The gate that admitted a request, and the right that the request was admitted by."""

    gate: Gate
    right: Right


async def admit(gate: Gate, scope: Scope, connection: HTTPConnection) -> Principal:
    """Return the principal of a request, and note the right in the request's state.

    The header `Authorization` or the parameter `ticket` identifies the principal.

    Raises:
        AccessError: The credentials are missing or not accepted, or lack the scope.
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
    """Return how a request was admitted, or None if its route needs no credentials."""
    admission: Admission | None = scope.get("state", {}).get(_ADMISSION)
    return admission


def client_of(connection: HTTPConnection, principal: Principal) -> Client:
    """Return the client of a request, with the address that a trusted proxy reported."""
    address = connection.client.host if connection.client is not None else ""
    return Client(address, "" if principal is ANONYMOUS else principal.name)
