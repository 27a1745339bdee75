"""Firefox on a screen in memory, driven by WebDriver BiDi; Playwright drives a build of its own."""

import asyncio
import base64
import contextlib
import itertools
import json
import os
import tempfile
from pathlib import Path
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect

from standalone.database import free_port
from testkit.browser_install import FIREFOX

_START_SECONDS, _ANSWER_SECONDS = 60.0, 60.0
_MAX_ANSWER_BYTES = 64 * 1024 * 1024
"""A picture of the page is the longest answer."""

_PREFERENCES = """\
user_pref("app.normandy.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("toolkit.telemetry.enabled", false);
user_pref("webgl.forbid-software", false);
user_pref("webgl.force-enabled", true);
"""

Json = dict[str, Any]


class FirefoxError(Exception):
    """Firefox refuses a command, or a script of the page has failed."""


class Firefox:
    """The program with one window; `complaints` has what pages wrote to the console as an error.

    Args:
        width: The window's, in CSS pixels.
        height: The same.
    """

    _stack: contextlib.AsyncExitStack
    _connection: ClientConnection

    def __init__(self, *, width: int = 1280, height: int = 800) -> None:
        self.complaints: list[str] = []
        self._size = {"width": width, "height": height}
        self._numbers = itertools.count(1)
        self._window = ""

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            await self._start(stack)
            self._stack = stack.pop_all()  # what has started so far ends if the rest does not
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _start(self, stack: contextlib.AsyncExitStack) -> None:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="firefox-")))
        (folder / "user.js").write_text(_PREFERENCES)
        program, port = FIREFOX.install(), free_port()
        display = await _start_screen(stack)
        process = await asyncio.create_subprocess_exec(
            *(str(program), "--no-remote", "--profile", str(folder)),
            *("--remote-debugging-port", str(port), "about:blank"),
            env=os.environ | {"HOME": str(folder), "DISPLAY": display},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        stack.push_async_callback(_end, process)
        self._connection = await _connect(f"ws://127.0.0.1:{port}/session")
        stack.push_async_callback(self._connection.close)
        await self._command("session.new", capabilities={})
        await self._command("session.subscribe", events=["log.entryAdded"])
        created = await self._command("browsingContext.create", type="tab")
        self._window = created["context"]
        await self._command(
            "browsingContext.setViewport", context=self._window, viewport=self._size
        )

    async def open(self, url: str) -> None:
        """Open an address, and wait until the page is loaded."""
        await self._command(
            "browsingContext.navigate", context=self._window, url=url, wait="complete"
        )

    async def evaluate(self, expression: str) -> Any:  # noqa: ANN401 - any JSON
        """Return the value of an expression in the page, as JSON has it.

        Raises:
            FirefoxError: It throws.
        """
        answer = await self._command(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression})))()",
            target={"context": self._window},
            awaitPromise=True,
        )
        if answer["type"] == "exception":
            raise FirefoxError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"].get("value", "null"))

    async def wait_for(self, condition: str, *, seconds: float = 30.0) -> None:
        """Wait until an expression is true in the page.

        Raises:
            TimeoutError: It is not in time.
        """
        try:
            async with asyncio.timeout(seconds):
                while not await self.evaluate(condition):  # noqa: ASYNC110 - of another process
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise TimeoutError(f"not within {seconds:g} s: {condition}") from None

    async def press(self, keys: str) -> None:
        """Press and release each key, one after the other."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        keyboard = {"type": "key", "id": "keyboard", "actions": actions}
        await self._command("input.performActions", context=self._window, actions=[keyboard])

    async def click(self, x: float, y: float) -> None:
        """Click at a place of the window, in CSS pixels."""
        actions = [
            {"type": "pointerMove", "x": round(x), "y": round(y)},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        pointer = {"type": "pointer", "id": "mouse", "actions": actions}
        await self._command("input.performActions", context=self._window, actions=[pointer])

    async def picture(self) -> bytes:
        """Return what the window shows, as PNG."""
        shown = await self._command("browsingContext.captureScreenshot", context=self._window)
        return base64.b64decode(shown["data"])

    async def _command(self, method: str, **parameters: object) -> Json:
        number = next(self._numbers)
        await self._connection.send(
            json.dumps({"id": number, "method": method, "params": parameters})
        )
        async with asyncio.timeout(_ANSWER_SECONDS):
            while True:
                message = json.loads(await self._connection.recv())
                if message.get("id") == number:
                    break
                self._note(message)
        if message["type"] == "error":
            raise FirefoxError(f"{method}: {message['message']}")
        return dict(message["result"])

    def _note(self, event: Json) -> None:
        entry = event.get("params", {})
        if event.get("method") == "log.entryAdded" and entry.get("level") == "error":
            self.complaints.append(str(entry.get("text")))


async def _start_screen(stack: contextlib.AsyncExitStack) -> str:
    """Start an X server that draws into memory and ends with the stack; return its name."""
    process = await asyncio.create_subprocess_exec(
        *("Xvfb", "-displayfd", "1", "-screen", "0", "1600x1000x24", "-nolisten", "tcp"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    stack.push_async_callback(_end, process)
    assert process.stdout is not None
    number = (await process.stdout.readline()).decode().strip()
    return f":{number}"


async def _end(process: asyncio.subprocess.Process) -> None:
    process.kill()
    await process.wait()


async def _connect(url: str) -> ClientConnection:
    """Connect as soon as Firefox listens."""
    async with asyncio.timeout(_START_SECONDS):
        while True:
            try:
                return await connect(url, max_size=_MAX_ANSWER_BYTES)
            except OSError:
                await asyncio.sleep(0.2)
