"""The route where a browser exchanges its token for a ticket."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.requests import HTTPConnection

from processor.access.gate import Gate
from processor.access.principal import LIVE, Principal
from processor.http.access.admission import client_of
from processor.http.access.dependencies import GivenGate
from processor.http.access.error_responses import NOT_ADMITTED, OVERLOADED, describe_error
from processor.http.dependencies import Routes

router = APIRouter(tags=["stream"])


def ticket_routes(gate: Gate) -> Routes:
    """Return the route, which issues tickets of this gate."""
    return Routes(router, (gate,))


async def admit_by_header(connection: HTTPConnection, gate: GivenGate) -> Principal:
    """Admit by header alone: a ticket that could buy the next ticket would never end."""
    return await gate.admit(
        authorization=connection.headers.get("authorization"), ticket=None, scope=LIVE
    )


@router.post(
    "/sse/ticket",
    responses={
        503: describe_error("The server holds too many unused tickets; retry in a few seconds."),
        **OVERLOADED,
        **NOT_ADMITTED,
    },
)
async def ticket(
    request: Request,
    principal: Annotated[Principal, Depends(admit_by_header)],
    gate: GivenGate,
    response: Response,
) -> dict[str, str | int]:
    """Return a ticket that opens one stream, as the parameter `ticket` of its URL."""
    response.headers["Cache-Control"] = "no-store"
    client = client_of(request, principal)
    return {
        "ticket": gate.issue_ticket(principal, client.address),
        "expires_in": gate.ticket_seconds,
    }
