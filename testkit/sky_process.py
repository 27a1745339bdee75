"""Starts the server with a scripted sky, and controls it."""

import random
import urllib.request
from collections.abc import Mapping
from typing import Any, Self

import msgspec

from testkit.line_process import LineProcess
from testkit.sky_server import Account, Serving
from testkit.waiting import wait_until


class SkyServer(LineProcess):
    """A process with the live half of the processor and all routes.

    Args:
        aircraft: The number of aircraft in the sky.
        seed: The seed of the sky.
        settings: The settings that differ from the defaults, by section.
    """

    def __init__(
        self,
        *,
        aircraft: int = 3_000,
        seed: int = 1,
        settings: Mapping[str, dict[str, Any]] | None = None,
    ) -> None:
        serving = msgspec.json.encode(Serving(aircraft, seed, dict(settings or {}))).decode()
        super().__init__("testkit.sky_server", serving)

    def __enter__(self) -> Self:
        self.port = self.send().port
        return self

    def send(self, command: str = "report") -> Account:
        """Send a command, and return the state of the process after it."""
        line = self.exchange(command.encode())
        return msgspec.json.decode(line, type=Account, strict=False)

    def wait_for_subscribers(self, count: int, timeout_s: float) -> Account:
        """Wait until so many streams are open."""
        wait_until(
            lambda: self.send().subscribers == count,
            timeout_s=timeout_s,
            what=lambda: f"{count} subscribers: {self.send()}",
        )
        return self.send()

    def flights(self, query: str) -> Any:  # noqa: ANN401 - JSON
        """Return the answer of `/api/flights` to a query."""
        url = f"http://127.0.0.1:{self.port}/api/flights?{query}"
        with urllib.request.urlopen(url) as response:
            return msgspec.json.decode(response.read())


def address(chance: random.Random) -> str:
    """Return a random address of a client behind a proxy."""
    return f"10.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(1, 255)}"
