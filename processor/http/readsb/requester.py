"""The principal and the client of a request for aircraft in readsb's fields."""

from typing import Annotated, NamedTuple

from fastapi import Depends
from starlette.requests import HTTPConnection

from processor.access.principal import Principal
from processor.access.slots import Client
from processor.http.access.dependencies import LivePrincipal
from processor.http.stream.request import stream_client_of


class Requester(NamedTuple):
    """The principal, whose areas restrict the search, and the client, whose requests are paced."""

    principal: Principal
    client: Client


async def _requester(connection: HTTPConnection, principal: LivePrincipal) -> Requester:
    return Requester(principal, stream_client_of(connection, principal))


By = Annotated[Requester, Depends(_requester)]
