"""The proxy breaks the way to a server exactly as a fault test asks, and mends it."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import pytest

from standalone.database import free_port
from testkit.tcp_proxy import TcpProxy

_TIMEOUT_S = 5.0
_SILENCE_S = 0.2


@dataclass
class EchoServer:
    """A server that answers what it is sent, and remembers it."""

    port: int
    received: bytearray = field(default_factory=bytearray)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        try:
            while data := await reader.read(65_536):
                self.received += data
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


@pytest.fixture
async def echo() -> AsyncIterator[EchoServer]:
    """Give a running echo server."""
    server = EchoServer(free_port())
    listener = await asyncio.start_server(server.answer, "127.0.0.1", server.port)
    yield server
    listener.close()


@pytest.fixture
def proxy(echo: EchoServer) -> Iterator[TcpProxy]:
    """Give a proxy before the echo server."""
    with TcpProxy(echo.port) as proxy:
        yield proxy


class Client:
    """One connection through the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def request(self, data: bytes) -> bytes:
        """Send and wait for as much of an answer; less means that the connection ended."""
        self.writer.write(data)
        await self.writer.drain()
        async with asyncio.timeout(_TIMEOUT_S):
            return await self.reader.readexactly(len(data))


@pytest.fixture
async def client(proxy: TcpProxy) -> AsyncIterator[Client]:
    """Give a connection through the proxy."""
    client = await connect(proxy)
    yield client
    client.writer.transport.abort()


async def connect(proxy: TcpProxy) -> Client:
    """Open a connection through the proxy."""
    return Client(*await asyncio.open_connection("127.0.0.1", proxy.port))


async def test_everything_passes_at_first(client: Client) -> None:
    """A megabyte both ways."""
    data = bytes(range(256)) * 4_096
    sent = asyncio.create_task(client.request(data))
    assert await sent == data


async def test_cut_resets_connections_and_new_ones_until_restored(
    proxy: TcpProxy, client: Client
) -> None:
    """The network is gone, then back."""
    await client.request(b"hello")
    proxy.cut()
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await client.request(b"hello")
    # The reset may arrive while connecting or right after.
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await (await connect(proxy)).request(b"hello")
    proxy.restore()
    after = await connect(proxy)
    assert await after.request(b"hello") == b"hello"
    after.writer.transport.abort()


async def test_stall_holds_everything_until_restored(proxy: TcpProxy, client: Client) -> None:
    """The worst network: silent, but not gone."""
    await client.request(b"hello")
    proxy.stall()
    asked = asyncio.create_task(client.request(b"again"))
    done, _ = await asyncio.wait([asked], timeout=_SILENCE_S)
    assert not done
    proxy.restore()
    assert await asked == b"again"


async def test_a_slow_line_takes_time_for_every_byte_until_restored(
    proxy: TcpProxy, client: Client
) -> None:
    """Two connections share the line."""
    other = await connect(proxy)
    proxy.slow_down(bytes_per_second=20_000)
    began = time.monotonic()
    await asyncio.gather(client.request(bytes(5_000)), other.request(bytes(5_000)))
    assert time.monotonic() - began > 0.5 - _SILENCE_S
    proxy.restore()
    assert await client.request(bytes(1_000_000)) == bytes(1_000_000)
    other.writer.transport.abort()


async def test_stalled_answers_let_the_request_through(
    proxy: TcpProxy, client: Client, echo: EchoServer
) -> None:
    """The request is carried out, and the client never learns of it."""
    proxy.stall(requests=False)
    asked = asyncio.create_task(client.request(b"COMMIT"))
    await asyncio.sleep(_SILENCE_S)
    assert bytes(echo.received) == b"COMMIT"
    proxy.cut()
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await asked


async def test_reset_after_so_many_bytes(proxy: TcpProxy, client: Client, echo: EchoServer) -> None:
    """In the middle of a COPY."""
    proxy.reset_after(1_000)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await client.request(bytes(10_000))
    assert len(echo.received) <= 1_000


async def test_dead_server_is_a_reset() -> None:
    """A proxy before nothing behaves like nothing."""
    reset = pytest.raises((ConnectionError, asyncio.IncompleteReadError))
    with TcpProxy(free_port()) as proxy, reset:
        await (await connect(proxy)).request(b"hello")
