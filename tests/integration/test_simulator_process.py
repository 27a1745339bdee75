"""The real process: what it prints, how it ends, what it says about bad arguments."""

import gzip
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from simulator.server import TOKEN_PATH

_COMMAND = [sys.executable, "-m", "simulator", "--port", "0", "--aircraft", "50"]


@contextmanager
def _serving(
    *arguments: str, host: str = "127.0.0.1"
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command until its one line appears; gives the process and the URL."""
    with subprocess.Popen(
        [*_COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            assert line.startswith(f"OpenSky simulator serves http://{host}:")
            yield process, line.split()[-1]
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("listens_on", "host"),
    [("[::1]", "[::1]"), ("::1", "[::1]"), ("::", "[::1]"), ("0.0.0.0", "127.0.0.1")],  # noqa: S104
)
def test_its_line_has_a_url_that_can_be_opened(listens_on: str, host: str) -> None:
    """IPv6 in brackets or without, and an address also where it listens everywhere."""
    with _serving("--host", listens_on, host=host) as (_process, url):
        assert httpx2.get(f"{url}/simulator/status").status_code == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    with _serving() as (process, url), httpx2.Client(base_url=url) as client:
        assert client.get("/api/states/all").json()["states"]
        start = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=5)
    assert process.returncode == 0
    assert time.monotonic() - start < 2
    assert (out, err) == ("", "")


def test_a_hanging_client_does_not_delay_the_end(tmp_path: Path) -> None:
    script = tmp_path / "faults.json"
    script.write_text('[{"kind": "hang"}]')
    with (
        _serving("--faults", str(script)) as (process, url),
        httpx2.Client(base_url=url, timeout=0.2) as client,
        socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1]))) as waiting,
    ):
        with pytest.raises(httpx2.ReadTimeout):
            client.get("/api/states/all")
        waiting.sendall(b"GET /api/states/all HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.1)
        start = time.monotonic()
        process.terminate()
        assert process.wait(timeout=5) == 0
    assert time.monotonic() - start < 2.5


def test_connection_faults_on_the_wire_and_life_goes_on() -> None:
    script = [
        {"kind": "reset", "nth": 1},
        {"kind": "cut_off", "nth": 2},
        {"kind": "hang", "nth": 3},
    ]
    with _serving() as (_process, url), httpx2.Client(base_url=url, timeout=0.5) as client:
        client.put("/simulator/faults", json=script)
        with pytest.raises(httpx2.ReadError):
            client.get("/api/states/all")
        with pytest.raises((httpx2.ReadError, httpx2.RemoteProtocolError)):
            client.get("/api/states/all")
        with pytest.raises(httpx2.ReadTimeout):
            client.get("/api/states/all")
        assert client.get("/api/states/all").status_code == 200


def test_options_reach_what_they_set(tmp_path: Path) -> None:
    recording = tmp_path / "a.ndjson.gz"
    recording.write_bytes(gzip.compress(b'{"time": 1600000000, "states": null}\n' * 2))
    options = ["--replay", str(recording), "--client", "a:b", "--client", "c:d"]
    options += ["--token-lifetime", "7", "--credits", "5", "--no-retry-after", "--tier", "feeder"]
    with _serving(*options) as (_process, url), httpx2.Client(base_url=url) as client:
        form = {"grant_type": "client_credentials", "client_id": "c", "client_secret": "d"}
        token = client.post(TOKEN_PATH, data=form).json()
        assert token["expires_in"] == 7
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        first = client.get("/api/states/all", headers=headers)
        assert first.json()["states"] is None
        assert abs(first.json()["time"] - time.time()) < 3
        refused = client.get("/api/states/all", headers=headers)
        assert refused.status_code == 429
        assert "X-Rate-Limit-Retry-After-Seconds" not in refused.headers


def _refused(*arguments: str) -> str:
    ended = subprocess.run(
        [*_COMMAND, *arguments], capture_output=True, text=True, timeout=20, check=False
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    return ended.stderr


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        message = _refused("--port", port)
    assert port in message
    assert "another" in message
    assert message.count("\n") == 1


def test_unusable_files_are_named(tmp_path: Path) -> None:
    assert "missing.json: no such file" in _refused("--replay", "missing.json")
    script = tmp_path / "faults.yaml"
    script.write_text(json.dumps([{"kind": "boom"}]))
    message = _refused("--faults", str(script))
    assert "boom" in message
    assert str(script) in message
    assert message.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [("--interval", "0"), ("--client", "nocolon"), ("--outliers", "2")]
)
def test_arguments_out_of_range_are_refused(arguments: tuple[str, str]) -> None:
    assert repr(arguments[1]) in _refused(*arguments)


def test_help_teaches_with_examples() -> None:
    shown = subprocess.run(
        [*_COMMAND, "--help"], capture_output=True, text=True, timeout=20, check=True
    ).stdout
    assert "--replay day1.ndjson.gz" in shown
    assert "PUT /simulator/faults" in shown
    assert "coverage_collapse" in shown
