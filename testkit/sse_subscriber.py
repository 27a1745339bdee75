"""A subscriber over HTTP that reads the stream in a thread of its own."""

import contextlib
import itertools
import socket
import ssl
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import httpx

from testkit.subscriber import Subscriber
from testkit.waiting import wait_until

READ_TIMEOUT_S = 60.0


class StreamSubscriber:
    """Opens `/sse/flights` at the begin of the block, and leaves at its end.

    Attributes:
        subscriber: Applies the events.
        statuses: The status of the response.
        update_times: When each `update` arrived (monotonic seconds).
        is_ended: Whether the stream has ended.
    """

    def __init__(
        self,
        url: str,
        *,
        last_event_id: str | None = None,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self.subscriber = Subscriber()
        self.statuses: list[int] = []
        self.update_times: list[float] = []
        self.is_ended = False
        self._url = f"{url}/sse/flights"
        self._headers = {"Accept-Encoding": "identity"}
        if last_event_id is not None:
            self._headers["Last-Event-ID"] = last_event_id
        self._trust: ssl.SSLContext | bool = True if trust is None else trust
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._read, name="subscriber", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):  # the server was first
                self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(READ_TIMEOUT_S)

    @property
    def names(self) -> list[str]:
        """The names of all events so far."""
        return self.subscriber.names

    def wait_for(self, holds: Callable[[], bool], *, timeout_s: float, what: str) -> float:
        """Wait until a condition on the received events holds."""
        return wait_until(
            holds, timeout_s=timeout_s, what=lambda: f"{what}; events: {self.names[-20:]}"
        )

    def wait_for_event(self, name: str, timeout_s: float = 30.0) -> float:
        """Wait for the first event of a name."""
        return self.wait_for(lambda: name in self.names, timeout_s=timeout_s, what=name)

    def longest_silence_s(self, since: float, until: float) -> float:
        """Return the longest time without an update between two times (monotonic seconds)."""
        times = [since, *(at for at in self.update_times if since <= at <= until), until]
        return max(later - earlier for earlier, later in itertools.pairwise(times))

    def _read(self) -> None:
        # The server may end the stream in any way; a killed process ends it within an event.
        with contextlib.suppress(httpx.HTTPError):
            self._follow()
        self.is_ended = True

    def _follow(self) -> None:
        timeout = httpx.Timeout(10.0, read=READ_TIMEOUT_S)
        with (
            httpx.Client(timeout=timeout, verify=self._trust) as client,
            client.stream("GET", self._url, headers=self._headers) as response,
        ):
            self._socket = response.extensions["network_stream"].get_extra_info("socket")
            self.statuses.append(response.status_code)
            for received in response.iter_raw():
                updates = self.names.count("update")
                self.subscriber.feed(received)
                if self.names.count("update") > updates:
                    self.update_times.append(time.monotonic())
