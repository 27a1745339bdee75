"""A TCP proxy for fault tests that can cut, stall, and reset after so many bytes.

It runs in a thread of its own, so that tests whose clients block can use it as well as async ones.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

from standalone.database import free_port
from testkit.fault_record import record_faults

_HOST = "127.0.0.1"
_CHUNK_BYTES = 65_536
_SLOW_CHUNK_BYTES = 1_024
"""On a slow line a chunk is small, so that its connections take turns."""

_CONTROL_TIMEOUT_S = 5.0
# Linger on, for no time: closing then sends RST instead of FIN.
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)


class TcpProxy:
    """A port of 127.0.0.1 that forwards to another port until a test breaks the connections."""

    def __init__(self, upstream_port: int, *, port: int | None = None) -> None:
        self.upstream_port = upstream_port
        self.port = port or free_port()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tcp-proxy")
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._requests_pass = asyncio.Event()
        self._answers_pass = asyncio.Event()
        self._is_cut = False
        self._bytes_until_reset: int | None = None
        self._seconds_per_byte = 0.0
        self._line = asyncio.Lock()

    def __enter__(self) -> Self:
        self._thread.start()
        self._control(self._start())
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._control(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """Reset every connection, and every new one, until `restore()`."""
        record_faults()
        self._control(self._cut())

    def stall(self, *, requests: bool = True, answers: bool = True) -> None:
        """Hold requests, responses or both; connections stay open.

        With `requests=False` a request is carried out and its answer kept back: followed by
        `cut()`, the client cannot know whether its COMMIT succeeded.
        """
        record_faults()
        self._control(self._stall(requests=requests, answers=answers))

    def reset_after(self, count_bytes: int) -> None:
        """Let `count_bytes` more pass, of all connections and both directions, then `cut()`."""
        record_faults()
        self._control(self._set_budget(count_bytes))

    def slow_down(self, bytes_per_second: float) -> None:
        """Let so many bytes of responses pass each second, of all connections together."""
        record_faults()
        self._seconds_per_byte = 1 / bytes_per_second

    def restore(self) -> None:
        """Pass everything again at once, first the bytes that a stall held."""
        self._seconds_per_byte = 0.0
        self._control(self._restore())

    def _control(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_CONTROL_TIMEOUT_S)

    async def _start(self) -> None:
        await self._restore()
        self._server = await asyncio.start_server(self._accept, _HOST, self.port)

    async def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
        await self._reset_all()

    async def _cut(self) -> None:
        self._is_cut = True
        await self._reset_all()

    async def _reset_all(self) -> None:
        connections = list(self._connections)
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _stall(self, *, requests: bool, answers: bool) -> None:
        if requests:
            self._requests_pass.clear()
        if answers:
            self._answers_pass.clear()

    async def _set_budget(self, count_bytes: int) -> None:
        self._bytes_until_reset = count_bytes

    async def _restore(self) -> None:
        self._is_cut = False
        self._bytes_until_reset = None
        self._requests_pass.set()
        self._answers_pass.set()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            _reset(writer)
            return
        connection = self._loop.create_task(self._carry(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection until either side ends it; a cut resets it."""
        try:
            upstream = await asyncio.open_connection(_HOST, self.upstream_port)
        except OSError:
            _reset(writer)
            return
        ways = [
            asyncio.ensure_future(self._pump(reader, upstream[1], client=writer)),
            asyncio.ensure_future(self._pump(upstream[0], writer, client=writer)),
        ]
        is_cut = True
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            is_cut = self._is_cut
        finally:
            for way in ways:
                way.cancel()
            # Before anything is waited for, because a second cut may cancel that.
            for end in (writer, upstream[1]):
                _reset(end) if is_cut else end.close()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        client: asyncio.StreamWriter,
    ) -> None:
        is_answer = writer is client
        may_pass = self._answers_pass if is_answer else self._requests_pass
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(self._chunk_bytes(is_slow=is_answer)):
                await may_pass.wait()
                if is_answer:
                    await self._take_time(len(data))
                writer.write(self._to_pass(data, client=client, is_answer=is_answer))
                await writer.drain()
                if self._is_cut:
                    return

    def _chunk_bytes(self, *, is_slow: bool) -> int:
        return _SLOW_CHUNK_BYTES if is_slow and self._seconds_per_byte else _CHUNK_BYTES

    async def _take_time(self, count_bytes: int) -> None:
        if self._seconds_per_byte:
            async with self._line:
                await asyncio.sleep(count_bytes * self._seconds_per_byte)

    def _to_pass(self, data: bytes, *, client: object, is_answer: bool) -> bytes:
        """Return what of a chunk is forwarded; a proxy that reads what passes overrides it.

        Args:
            data: A request, or a part of one, or of an answer.
            client: The same object for both directions of a connection.
            is_answer: Whether the server has sent it.
        """
        del client, is_answer
        if self._bytes_until_reset is None:
            return data
        passed = data[: self._bytes_until_reset]
        self._bytes_until_reset -= len(passed)
        if self._bytes_until_reset == 0:
            self._is_cut = True
            # After this chunk was written; the tasks of the other connections end there as well.
            self._loop.call_soon(self._cancel_all)
        return passed

    def _cancel_all(self) -> None:
        for connection in self._connections:
            connection.cancel()


def _reset(writer: asyncio.StreamWriter) -> None:
    end = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
    writer.transport.abort()
