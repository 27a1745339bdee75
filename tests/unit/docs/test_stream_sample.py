"""The Python sample of docs/stream.md ends at a refusal instead of retrying it for ever."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.docs.blocks import read_page
from tests.docs.run import with_ports
from tests.end_to_end.command import PROJECT

REFUSAL = b'{"error": "invalid_token", "reason": "no such key"}'


class Refusing(BaseHTTPRequestHandler):
    """Answers every request with 401, as the processor answers an unknown key."""

    def do_GET(self) -> None:
        self.send_response(401)
        self.send_header("Content-Length", str(len(REFUSAL)))
        self.end_headers()
        self.wfile.write(REFUSAL)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        del format, args


@pytest.fixture
def port() -> Iterator[int]:
    """Give the port of a server that refuses."""
    with ThreadingHTTPServer(("localhost", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever).start()
        yield server.server_port
        server.shutdown()


def test_a_wrong_key_is_shown(port: int) -> None:
    """With the status and the reason that the server gives."""
    blocks = read_page(PROJECT / "docs/stream.md", PROJECT)
    [sample] = [block.text for block in blocks if block.language == "python"]
    text = with_ports(sample, {"8081": port})
    done = subprocess.run(
        [sys.executable, "-c", text],
        env={**os.environ, "KEY": "wrong"},
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == f"401: {REFUSAL.decode()}"
