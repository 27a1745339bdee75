"""The network connection below a request: whether its buffer is empty, and how to end it."""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.types import Scope

from processor.http.server.connections import ConnectionSlot

_KEY = "connection"
"""Key in the state of a request's ASGI scope."""


class ClientConnection:
    """One connection of a client, and the slot that it takes among all connections.

    Attributes:
        is_given_up: Whether it was ended because the client did not read.
    """

    def __init__(self, transport: asyncio.Transport, slot: ConnectionSlot) -> None:
        self._transport = transport
        self.slot = slot
        self.is_given_up = False

    @property
    def is_drained(self) -> bool:
        """Whether the kernel has taken everything, so that the next send does not wait."""
        return self._transport.get_write_buffer_size() == 0

    def lost(self, error: Exception | None) -> None:
        """Note the end of the connection.

        With ETIMEDOUT the kernel gave up a peer that acknowledged nothing.
        """
        self.slot.release()
        self.is_given_up |= isinstance(error, TimeoutError)

    def give_up(self) -> None:
        """End the connection at once, without waiting for a slow client to read the rest."""
        self.is_given_up = True
        self._transport.abort()

    def state(self) -> dict[str, object]:
        """Return the entry in the state of a scope by which `connection_of` finds this object."""
        return {_KEY: self}


def has_connection(scope: Scope) -> bool:
    """Whether a request came over one of this package's servers; not so in tests without one."""
    return _KEY in scope.get("state", {})


def connection_of(scope: Scope) -> ClientConnection:
    """Return the connection of a request."""
    return connection_in(scope["state"])


def connection_in(state: Mapping[str, Any]) -> ClientConnection:
    """Return the connection in the state of a scope."""
    connection: ClientConnection = state[_KEY]
    return connection
