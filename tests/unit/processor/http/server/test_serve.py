"""The stream and the health routes over real sockets."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from processor.errors import FatalError
from processor.http.server.server import BACKLOG, listen
from processor.settings import ProcessorSettings, SseSettings
from processor.stream.log_position import LogPosition
from testkit.application import LIVE, Application
from testkit.state_vectors import START, state_vector
from testkit.subscriber import Subscriber

_SOMAXCONN = Path("/proc/sys/net/core/somaxconn")
LONGEST_QUEUE = int(_SOMAXCONN.read_text()) if _SOMAXCONN.exists() else None

# struct tcp_info of Linux; of a socket that listens, `tcpi_sacked` is the length of its queue.
TCP_INFO_BYTES, LISTEN_QUEUE_OFFSET = 104, 28

ORIGIN = "https://frontend.example"


class _Site(Application):
    """An application whose readiness and bounds a test sets.

    Attributes:
        missing: Why the live state is not ready; None if it is.
    """

    def __init__(
        self,
        *,
        max_subscribers: int = 10,
        write_deadline_seconds: float = 30,
        accepted_hosts: Sequence[str] = (),
    ) -> None:
        self.missing: str | None = None
        sse = SseSettings(
            max_viewers=max_subscribers,
            retry_milliseconds=1000,
            drain_seconds=0.2,
            write_deadline_seconds=write_deadline_seconds,
            allowed_origins=(ORIGIN,),
        )
        super().__init__(
            ProcessorSettings(live=LIVE, sse=sse),
            required={"live_picture": lambda: self.missing},
            observed={"database": lambda: "it does not answer"},
            accepted_hosts=accepted_hosts,
        )
        self.begin(LogPosition("epoch", (0,)))

    def receive_aircraft(self, *icao24s: str, last_contact: int = START) -> None:
        """Receive a state vector of each aircraft."""
        self.receive(*(state_vector(icao24, last_contact) for icao24 in icao24s))


@asynccontextmanager
async def _serving(site: _Site) -> AsyncIterator[httpx2.AsyncClient]:
    plain = {"accept-encoding": "identity"}
    async with site.serving(), httpx2.AsyncClient(base_url=site.url, headers=plain) as client:
        yield client


async def _until(subscriber: Subscriber, chunks: AsyncIterator[bytes], name: str) -> None:
    """Read on until an event of this name has arrived."""
    async with asyncio.timeout(10):
        while name not in subscriber.names:
            subscriber.feed(await anext(chunks))


async def test_snapshot_update_heartbeat_bye() -> None:
    """The whole life of a subscriber, with the headers for proxies."""
    site, subscriber = _Site(), Subscriber()
    site.receive_aircraft("aaaaaa", "bbbbbb")
    site.open()
    async with _serving(site) as client, client.stream("GET", "/sse/flights") as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert "no-store" in response.headers["cache-control"]
        assert response.headers["x-accel-buffering"] == "no"
        chunks = response.aiter_bytes()
        await _until(subscriber, chunks, "snapshot")
        site.receive_aircraft("aaaaaa", last_contact=START + 5)
        site.broadcaster.tick(is_heartbeat=True)
        await _until(subscriber, chunks, "heartbeat")
        site.broadcaster.close()
        await _until(subscriber, chunks, "bye")
        assert [chunk async for chunk in chunks] == []
    assert subscriber.names == ["snapshot", "update", "heartbeat", "bye"]
    assert subscriber.fleet["aaaaaa"]["last_contact"] == START + 5
    assert set(subscriber.fleet) == {"aaaaaa", "bbbbbb"}
    assert json.loads(subscriber.events[2].data)["aircraft"] == 2


async def test_a_subscriber_waits_for_the_live_state() -> None:
    """While the log is being read, a client gets the first bytes, then the snapshot."""
    site, subscriber = _Site(), Subscriber()
    async with _serving(site) as client, client.stream("GET", "/sse/flights") as response:
        chunks = response.aiter_bytes()
        assert (await anext(chunks)).startswith(b": welcome\nretry: ")
        site.receive_aircraft("aaaaaa")
        site.open()
        await _until(subscriber, chunks, "snapshot")
    assert set(subscriber.fleet) == {"aaaaaa"}


async def test_resume_sends_only_missed_changes() -> None:
    """An unknown Last-Event-ID gets a reset, and never an error."""
    site, subscriber = _Site(), Subscriber()
    site.receive_aircraft("aaaaaa", "bbbbbb")
    site.open()
    async with _serving(site) as client:
        async with client.stream("GET", "/sse/flights") as response:
            await _until(subscriber, response.aiter_bytes(), "snapshot")
        subscriber.cut_off()
        site.receive_aircraft("cccccc")
        site.tick()
        returning = {"last-event-id": subscriber.last_event_id}
        async with client.stream("GET", "/sse/flights", headers=returning) as response:
            await _until(subscriber, response.aiter_bytes(), "update")
        assert subscriber.names == ["snapshot", "update"]
        assert set(subscriber.fleet) == {"aaaaaa", "bbbbbb", "cccccc"}
        for text in ("garbage", "other.1", "epoch.1-2-3", "epoch.zzzzzzzzzzzzz-"):
            other = Subscriber()
            async with client.stream(
                "GET", "/sse/flights", headers={"last-event-id": text}
            ) as response:
                assert response.status_code == 200
                await _until(other, response.aiter_bytes(), "snapshot")
            assert other.names == ["reset", "snapshot"]
    assert site.metric("flightmonitor_stream_resumes_total", outcome="recovered") == 1
    assert site.metric("flightmonitor_stream_resumes_total", outcome="reset") == 4


async def test_a_log_that_is_read_again_resets_subscribers() -> None:
    """Continuity cannot be proven."""
    site, subscriber = _Site(), Subscriber()
    site.receive_aircraft("aaaaaa")
    site.open()
    async with _serving(site) as client, client.stream("GET", "/sse/flights") as response:
        chunks = response.aiter_bytes()
        await _until(subscriber, chunks, "snapshot")
        site.begin(LogPosition("another", (7,)))
        site.receive_aircraft("dddddd")
        site.open()
        await _until(subscriber, chunks, "reset")
        while set(subscriber.fleet) != {"dddddd"}:
            subscriber.feed(await anext(chunks))
    assert subscriber.names == ["snapshot", "reset", "snapshot"]


async def test_one_subscriber_too_many_is_asked_to_return() -> None:
    """With 200: anything else would end a browser's EventSource for good."""
    site = _Site(max_subscribers=1)
    site.open()
    async with _serving(site) as client, client.stream("GET", "/sse/flights") as first:
        chunks = first.aiter_bytes()
        await anext(chunks)
        second = await client.get("/sse/flights")
        assert second.status_code == 200
        subscriber = Subscriber()
        subscriber.feed(second.content)
        assert subscriber.names == ["overloaded"]
    assert site.metric("flightmonitor_stream_closed_total", reason="overloaded") == 1


async def test_a_subscriber_that_does_not_read_is_closed() -> None:
    """It is closed after the deadline, without an error in the log, and releases its slot."""
    site = _Site(write_deadline_seconds=0.5)
    site.receive_aircraft(*(f"{number:06x}" for number in range(12_000)))
    site.open()
    async with _serving(site):
        stalled = socket.create_connection(("127.0.0.1", site.port))
        stalled.sendall(b"GET /sse/flights HTTP/1.1\r\nHost: x\r\n\r\n")
        while site.metric("flightmonitor_stream_subscribers") == 0:  # noqa: ASYNC110 - a state of the server's
            await asyncio.sleep(0.01)
        for seconds in range(1, 40):
            site.receive_aircraft("aaaaaa", last_contact=START + seconds)
            site.tick()
            if site.metric("flightmonitor_stream_subscribers") == 0:
                break
            await asyncio.sleep(0.1)
        assert site.metric("flightmonitor_stream_subscribers") == 0
        stalled.close()


async def test_cross_origin_reading_is_by_list() -> None:
    """Only the listed origins may read."""
    site = _Site()
    async with _serving(site) as client:
        for origin, allowed in ((ORIGIN, ORIGIN), ("https://evil.example", None)):
            response = await client.get("/health", headers={"origin": origin})
            assert response.headers.get("access-control-allow-origin") == allowed
        preflight = await client.options(
            "/sse/flights",
            headers={
                "origin": ORIGIN,
                "access-control-request-method": "GET",
                "access-control-request-headers": "last-event-id",
            },
        )
        assert preflight.status_code == 200


async def test_health_ready_metrics() -> None:
    """Liveness checks nothing else; readiness names what is missing, and why."""
    site = _Site()
    async with _serving(site) as client:
        assert (await client.get("/health")).status_code == 200
        assert (await client.get("/ready")).status_code == 200
        site.missing = "the topic has not been read to its end yet"
        not_ready = await client.get("/ready")
        assert (not_ready.status_code, not_ready.json()) == (
            503,
            {
                "live_picture": False,
                "database": False,
                "reasons": {
                    "live_picture": "the topic has not been read to its end yet",
                    "database": "it does not answer",
                },
            },
        )
        assert (await client.get("/health")).status_code == 200
        assert "flightmonitor_stream_subscribers" in (await client.get("/metrics")).text


async def _raw(port: int, request: bytes) -> bytes:
    """Return the response to a request that no library would send."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize("path", ["/health", "/ready"])
async def test_probes_of_balancers_are_answered(path: str) -> None:
    """They use HTTP/1.0 without Host, or the pod's address, and do not get the reasons."""
    site = _Site(accepted_hosts=("flights.example",))
    site.missing = "Kafka does not answer"
    async with _serving(site):
        by_address = f"GET {path} HTTP/1.1\r\nHost: 10.1.2.3\r\nConnection: close\r\n\r\n"
        for request in (f"GET {path} HTTP/1.0\r\n\r\n", by_address):
            answer = await _raw(site.port, request.encode())
            assert answer.startswith(b"HTTP/1.1 200" if path == "/health" else b"HTTP/1.1 503")
            assert (b"live_picture" in answer) == (path == "/ready")
            assert b"Kafka" not in answer
        refused = await _raw(site.port, b"GET /metrics HTTP/1.0\r\n\r\n")
        assert refused.startswith(b"HTTP/1.1 400")


@pytest.mark.skipif(LONGEST_QUEUE is None, reason="its structs are Linux's")
async def test_the_kernel_queues_as_many_connections_as_it_may() -> None:
    """Once the server runs, not only before: a second call of listen() replaces the first one's."""
    site = _Site()
    async with _serving(site) as client:
        await client.get("/health")
        [listener] = site.server.servers[0].sockets
        states = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_BYTES)
    (queue,) = struct.unpack_from("=I", states, LISTEN_QUEUE_OFFSET)
    assert queue == min(BACKLOG, LONGEST_QUEUE or 0)


def test_a_taken_port_is_said() -> None:
    """The error gives the address and the settings that change it."""
    first = listen("127.0.0.1", 0, write_deadline_seconds=30)
    with first, pytest.raises(FatalError, match=r"cannot listen on 127.0.0.1:\d+: .*http.port"):
        listen("127.0.0.1", first.getsockname()[1], write_deadline_seconds=30)
