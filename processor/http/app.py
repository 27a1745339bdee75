"""SERVE: the HTTP application, put together."""

from collections.abc import Iterable, Sequence

from fastapi import APIRouter, FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from processor.access.errors import AccessError
from processor.access.shares import OverloadedError
from processor.http.access.gate_middleware import OTHER_HOST, refuse, refuse_overloaded
from processor.http.access.hosts import HostCheck
from processor.http.history.error_answers import HISTORY_REFUSALS
from processor.http.server.answer_headers import AnswerHeaders
from processor.http.server.outgoing import Outgoing
from processor.http.stream.request import refuse_filter
from processor.stream.filter import FilterError


class _App(FastAPI):
    """Completes the headers of every answer, those of errors that no route has foreseen too."""

    def build_middleware_stack(self) -> ASGIApp:
        """Put the headers outermost."""
        return AnswerHeaders(super().build_middleware_stack())


def create_app(
    *,
    routers: Iterable[APIRouter],
    allowed_origins: Sequence[str],
    accepted_hosts: Sequence[str] = (),
    write_deadline_seconds: float = 30,
) -> FastAPI:
    """Make the application of whatever this process serves.

    Args:
        routers: Its routes.
        allowed_origins: Other sites whose pages may read the answers.
        accepted_hosts: What Host may name; none means every name.
        write_deadline_seconds: In which a client must take each piece of a large answer.
    """
    app = _App(
        title="OpenSky Flight Monitor",
        description="Data of The OpenSky Network, https://opensky-network.org",
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=OTHER_HOST,
    )
    for router in routers:
        app.include_router(router)
    app.exception_handler(AccessError)(refuse)
    app.exception_handler(OverloadedError)(refuse_overloaded)
    app.exception_handler(FilterError)(refuse_filter)
    for error, handler in HISTORY_REFUSALS.items():
        app.exception_handler(error)(handler)
    app.add_middleware(Outgoing, deadline_seconds=write_deadline_seconds)
    if allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(allowed_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Last-Event-ID", "Cache-Control"],
            # Nothing here is known by a cookie.
            allow_credentials=False,
        )
    app.add_middleware(HostCheck, accepted=accepted_hosts)  # the last is the first to be asked
    return app
