"""Starts the server under a scripted sky, and asks it."""

import random
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import msgspec

from tests.support.services import ROOT, child_environment
from tests.support.sky_server import Account, Serving
from tests.support.waiting import wait_until


class SkyServer:
    """The live half of the processor and every route as a process.

    Args:
        aircraft: In the sky.
        seed: Of the sky.
        settings: What differs from the settings' defaults, by section.
    """

    def __init__(
        self,
        *,
        aircraft: int = 3_000,
        seed: int = 1,
        settings: Mapping[str, dict[str, Any]] | None = None,
    ) -> None:
        serving = msgspec.json.encode(Serving(aircraft, seed, dict(settings or {}))).decode()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.sky_server", serving],
            env=child_environment({}),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        self.port = self.tell().port
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def pid(self) -> int:
        """The server's process."""
        return self._process.pid

    def tell(self, command: str = "tell") -> Account:
        """Give a command and return what the process says of itself afterwards."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{command}\n".encode())
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the server has ended by itself"
        return msgspec.json.decode(line, type=Account, strict=False)

    def wait_for_viewers(self, count: int, timeout_s: float) -> Account:
        """Wait until so many streams are open."""
        wait_until(
            lambda: self.tell().viewers == count,
            timeout_s=timeout_s,
            what=lambda: f"{count} viewers: {self.tell()}",
        )
        return self.tell()

    def flights(self, query: str) -> Any:  # noqa: ANN401 - JSON
        """Return the picture in a view, by the route that asks once."""
        url = f"http://127.0.0.1:{self.port}/api/flights?{query}"
        with urllib.request.urlopen(url) as response:
            return msgspec.json.decode(response.read())


def address(chance: random.Random) -> str:
    """Invent the address of somebody behind a proxy."""
    return f"10.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(1, 255)}"
