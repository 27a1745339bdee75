"""FastAPI dependencies that admit requests to routes by their credentials."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from processor.access.gate import Gate
from processor.access.principal import HISTORY, LIVE, Principal, Scope
from processor.http.access.admission import admit
from processor.http.dependencies import provided

GivenGate = Annotated[Gate, Depends(provided(Gate))]


def require(scope: Scope) -> Callable[[HTTPConnection, Gate], Awaitable[Principal]]:
    """Return the dependency that admits requests with this scope, of HTTP or WebSocket."""

    async def dependency(connection: HTTPConnection, gate: GivenGate) -> Principal:
        return await admit(gate, scope, connection)

    return dependency


LivePrincipal = Annotated[Principal, Depends(require(LIVE))]
HistoryPrincipal = Annotated[Principal, Depends(require(HISTORY))]
