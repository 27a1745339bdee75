"""The simulator as a process: listen, serve, reset connections, end on a signal."""

import asyncio
import socket
import struct
import sys

import uvicorn

from simulator.server import Simulator, create_app

_GRACE = 1  # seconds that requests under way get to finish
_ANY_NAMED = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - to name it, not to bind it
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 seconds: close() sends a reset


def listen(host: str, port: int) -> socket.socket:
    """Take the port.

    Raises:
        OSError: It cannot be taken; the message says which and what to do.
    """
    if host.startswith("[") and host.endswith("]"):  # as IPv6 stands in a URL
        host = host[1:-1]
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise OSError(
            f"cannot listen on {host} port {port} ({error.strerror}); "
            "free it or choose another with --port or --host"
        ) from error


def serve(simulator: Simulator, listener: socket.socket) -> None:
    """Serve until a signal, which uvicorn then hands on to the handler set before."""
    wire = _Wire()
    config = uvicorn.Config(
        create_app(simulator, abort=wire.abort),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
    )
    wire.server = uvicorn.Server(config)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_serve_and_say_so(wire.server, listener))


async def _serve_and_say_so(server: uvicorn.Server, listener: socket.socket) -> None:
    url = _url(listener)  # a signal during the start closes the listener
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="serve")
    while not (server.started or serving.done()):  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    if server.started:
        sys.stdout.write(f"OpenSky simulator serves {url}\n")
        sys.stdout.flush()
    await serving


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    host = _ANY_NAMED.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Wire:
    """Reaches the connection of a client, which ASGI hides."""

    def __init__(self) -> None:
        self.server: uvicorn.Server | None = None

    def abort(self, client: tuple[str, int]) -> None:
        """Reset the connection of this host and port."""
        for connection in list(self.server.server_state.connections) if self.server else ():
            if getattr(connection, "client", None) != client:
                continue
            transport = connection.transport
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE
            )
            transport.abort()
