"""SERVE: what a stream may know of the connection beneath it, and do to it."""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.types import Scope

from processor.http.server.connections import Place

_KEY = "connection"


class Connection:
    """One connection of a viewer, and its place among all."""

    def __init__(self, transport: asyncio.Transport, place: Place) -> None:
        self._transport = transport
        self.place = place
        self.is_given_up = False

    @property
    def is_drained(self) -> bool:
        """Whether the kernel has all that was sent, so that sending more does not wait."""
        return self._transport.get_write_buffer_size() == 0

    def lost(self, error: Exception | None) -> None:
        """Note how it has ended: by ETIMEDOUT, the kernel has given up a peer that took nothing."""
        self.place.leave()
        self.is_given_up |= isinstance(error, TimeoutError)

    def give_up(self) -> None:
        """End it at once: an orderly end would wait until a slow peer has taken the rest."""
        self.is_given_up = True
        self._transport.abort()

    def state(self) -> dict[str, object]:
        """Return what `connection_of` finds in the scopes of requests."""
        return {_KEY: self}


def connection_of(scope: Scope) -> Connection:
    """Return the connection of a request that came over a server of ours."""
    return connection_in(scope["state"])


def connection_in(state: Mapping[str, Any]) -> Connection:
    """Return the connection of a state that `Connection.state` is part of."""
    connection: Connection = state[_KEY]
    return connection
