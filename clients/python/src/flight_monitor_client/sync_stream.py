"""The stream of aircraft for programs without asyncio."""

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import Self

import httpx

from flight_monitor_client.errors import RetryLaterError
from flight_monitor_client.events import Aircraft, FlightEvent
from flight_monitor_client.query import Format, Query
from flight_monitor_client.session import CONNECT_S, MAX_REFUSAL_BYTES, SILENCE_S, Session

_NOTHING: Query = {}
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_OK = 200


class FlightStream:
    """Typed events; it reconnects by itself and resumes where it was.

    Iterate over it once, in a `with` block, which closes the connection. It ends at the end of a
    replay. A program that takes events slowly gets fewer of them, each with the newest states:
    nothing queues up.

    Args:
        server: The address of the monitor's page, such as `http://localhost:8081`.
        query: Filters, or a time of the past.
        fields: The fields of an aircraft; all of them if it is empty. `icao24` is always there.
        format: How aircraft are sent; the events are the same.
        key: An API key or a token, where the server needs one.
        headers: Further headers of each request.
        silence_seconds: Seconds without any data after which the connection counts as dead.
    """

    def __init__(
        self,
        server: str,
        query: Query = _NOTHING,
        *,
        fields: Sequence[str] = (),
        format: Format = "row",  # noqa: A002 - the server's name
        key: str | None = None,
        headers: Mapping[str, str] = _NO_HEADERS,
        silence_seconds: float = SILENCE_S,
    ) -> None:
        self._session = Session(
            server, query, fields=fields, format_=format, key=key, headers=headers
        )
        timeout = httpx.Timeout(silence_seconds, connect=CONNECT_S)
        self._client = httpx.Client(timeout=timeout, follow_redirects=True)
        self._events = self._read()

    @property
    def fleet(self) -> Mapping[str, Aircraft]:
        """The aircraft by icao24, after the event that was returned last."""
        return MappingProxyType(self._session.fleet)

    @property
    def last_event_id(self) -> str:
        """The id with which the client returns; empty before the first event."""
        return self._session.last_event_id

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[FlightEvent]:
        """Return the events; iterating raises RefusedError if the server refuses the request."""
        return self._events

    def close(self) -> None:
        """End the iteration and the connection."""
        self._events.close()
        self._client.close()

    def _read(self) -> Generator[FlightEvent, None, None]:
        while True:
            error: Exception | None = None
            try:
                with self._client.stream(
                    "GET", self._session.url, headers=self._session.headers()
                ) as response:
                    refusal = b"" if response.status_code == _OK else _beginning(response)
                    if not self._session.begin(response, refusal):
                        return
                    for data in response.iter_raw():
                        yield from self._session.feed(data)
            except (httpx.TransportError, RetryLaterError) as caught:
                error = caught
            disconnected = self._session.disconnected(error)
            yield disconnected
            time.sleep(disconnected.retry_in_s)


def _beginning(response: httpx.Response) -> bytes:
    for part in response.iter_bytes(MAX_REFUSAL_BYTES):
        return part
    return b""
