"""What a request to the living picture says: which view, and who asks."""

from fastapi.responses import JSONResponse
from starlette.requests import HTTPConnection

from processor.access.principal import ANYBODY, Principal
from processor.live import events
from processor.live.audience import Visitor
from processor.live.events import Event
from processor.live.filter import FilterError
from processor.live.view import View, parse_view

NOT_OF_THE_VIEW = frozenset({"last_event_id", "ticket"})


def read_view(connection: HTTPConnection, principal: Principal) -> View:
    """Return the view that a request asks for, within the principal's areas.

    Raises:
        FilterError: Naming the parameter.
    """
    pairs = connection.query_params.multi_items()
    return parse_view(
        [(name, value) for name, value in pairs if name not in NOT_OF_THE_VIEW], principal.areas
    )


def visitor_of(connection: HTTPConnection, principal: Principal) -> Visitor:
    """Return whom to count."""
    return Visitor(
        address=connection.client.host if connection.client is not None else "",
        principal="" if principal is ANYBODY else principal.name,
        expires_at=principal.expires_at,
    )


def error_event(error: Exception, *, id: str | None = None) -> Event:  # noqa: A002 - its name
    """Return what a viewer is told that can see no status."""
    if isinstance(error, FilterError):
        return events.error(error.reason, parameter=error.parameter, id=id)
    return events.error(str(error), id=id)


async def refuse_filter(_connection: HTTPConnection, error: FilterError) -> JSONResponse:
    """Answer a request with a parameter that cannot be used, in the shape that FastAPI has."""
    detail = {"type": "filter", "loc": ["query", error.parameter], "msg": error.reason}
    return JSONResponse({"detail": [detail]}, status_code=422)
