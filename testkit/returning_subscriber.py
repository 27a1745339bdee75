"""A subscriber that opens its stream again whenever it ends, as a browser does."""

import contextlib
import itertools
import socket
import ssl
import threading
import time
from types import TracebackType
from typing import Self

import httpx

from testkit.subscriber import Subscriber

READ_TIMEOUT_S = 20.0
"""Heartbeats come more often."""

RETRY_S = 0.2


class ReturningSubscriber:
    """Follows `/sse/flights` during the block, over any number of connections.

    Attributes:
        subscriber: Holds the fleet and the names of all events, over all connections.
        statuses: The status of each response.
        update_times: When something arrived that is no heartbeat (monotonic seconds).
    """

    def __init__(self, url: str, *, trust: ssl.SSLContext) -> None:
        self.subscriber = Subscriber(keeps_events=False)
        self.statuses: list[int] = []
        self.update_times: list[float] = []
        self._url = f"{url}/sse/flights"
        self._trust = trust
        self._is_leaving = threading.Event()
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, name="subscriber", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_leaving.set()
        if self._socket is not None:
            with contextlib.suppress(OSError):  # the server was first
                self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(READ_TIMEOUT_S)

    @property
    def names(self) -> list[str]:
        """The names of all events so far."""
        return self.subscriber.names

    @property
    def resumed(self) -> int:
        """How many streams it has continued."""
        return self.statuses.count(200) - 1

    def longest_silence_s(self) -> float:
        """Return the longest time between two events that change the fleet."""
        times = list(self.update_times)
        return max(later - earlier for earlier, later in itertools.pairwise(times))

    def _run(self) -> None:
        with httpx.Client(timeout=READ_TIMEOUT_S, verify=self._trust) as client:
            while not self._is_leaving.is_set():
                # A server that stops may end the stream in any way.
                with contextlib.suppress(httpx.HTTPError):
                    self._follow(client)
                self.subscriber.cut_off()
                self._is_leaving.wait(RETRY_S)

    def _follow(self, client: httpx.Client) -> None:
        headers = {"Accept-Encoding": "identity"}
        if self.subscriber.last_event_id:
            headers["Last-Event-ID"] = self.subscriber.last_event_id
        with client.stream("GET", self._url, headers=headers) as response:
            self._socket = response.extensions["network_stream"].get_extra_info("socket")
            self.statuses.append(response.status_code)
            if response.status_code != httpx.codes.OK:
                return
            for received in response.iter_raw():
                self._apply(received)

    def _apply(self, received: bytes) -> None:
        known = len(self.names)
        self.subscriber.feed(received)
        if {"snapshot", "update", "remove"} & set(self.names[known:]):
            self.update_times.append(time.monotonic())
