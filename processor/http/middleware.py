"""Put the middleware around an application that every response passes through."""

from collections.abc import Sequence

import msgspec
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware

from processor.http.access.hosts import HostCheck
from processor.http.server.response_backlog import BoundedResponses


class HttpOptions(msgspec.Struct, frozen=True):
    """What the middleware accepts.

    Attributes:
        allowed_origins: Other origins whose pages may read the responses.
        accepted_hosts: The names that the Host header may give; empty accepts every name.
        write_deadline_seconds: How long a client may take to read each chunk of a large response.
    """

    allowed_origins: Sequence[str] = ()
    accepted_hosts: Sequence[str] = ()
    write_deadline_seconds: float = 30


def add_middleware(app: Starlette, options: HttpOptions) -> None:
    """Add the middleware; the one that is added last runs first."""
    app.add_middleware(BoundedResponses, deadline_seconds=options.write_deadline_seconds)
    if options.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(options.allowed_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Last-Event-ID", "Cache-Control"],
            # No route reads cookies.
            allow_credentials=False,
        )
    app.add_middleware(HostCheck, accepted=options.accepted_hosts)
