"""The simulator's server and the line that announces it."""

import asyncio
import socket
from typing import cast

import pytest
import uvicorn

from simulator.service import _serve_and_say_so


class StoppedServer:
    """A server that got a signal while it started: it closes its listener as soon as it runs."""

    def __init__(self) -> None:
        self.started = False

    async def serve(self, sockets: list[socket.socket]) -> None:
        """Start and stop."""
        await asyncio.sleep(0)
        self.started = True
        for each in sockets:
            each.close()


async def test_a_signal_during_the_start_ends_it_cleanly(
    capsys: pytest.CaptureFixture[str],
) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    await _serve_and_say_so(cast(uvicorn.Server, StoppedServer()), listener)
    assert capsys.readouterr().out == f"OpenSky simulator serves http://127.0.0.1:{port}\n"
