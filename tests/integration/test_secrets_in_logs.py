"""No service writes a secret: not at level debug, in tracebacks, nor in what commands print."""

import json
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from testkit.collector_process import simulator
from testkit.keys_file import KeysFile
from testkit.secret_forms import found_in
from testkit.services import ROOT, Service, run_module
from tests.unit.collector.conftest import MockBroker
from tests.unit.processor.access import issuer

PASSWORD = "pä+ss/wo rd:1%2@?&#"  # noqa: S105 - invented, of characters that URLs encode
CLIENT_SECRET = f"client+{secrets.token_hex(8)}/=="
KAFKA = {
    "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
    "KAFKA_SASL_MECHANISM": "PLAIN",
    "KAFKA_SASL_USERNAME": "flights",
    "KAFKA_SASL_PASSWORD": PASSWORD,
}
TRACING = {
    "TRACING_ENABLED": "true",
    "TRACING_ENDPOINT": "http://127.0.0.1:9",
    "OTEL_EXPORTER_OTLP_HEADERS": f"authorization={quote(f'Bearer {PASSWORD}')}",
}
NOWHERE = "127.0.0.1:9"


@pytest.fixture(scope="module")
def opensky(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a simulator that knows the client."""
    folder = tmp_path_factory.mktemp("simulator")
    with simulator(folder, "--client", f"monitor:{CLIENT_SECRET}") as address:
        yield address


@pytest.fixture
def broker() -> MockBroker:
    """Give an empty broker that has the topic."""
    return MockBroker()


def opensky_settings(address: str) -> dict[str, str]:
    root = f"http://{address}"
    return {
        "LOG_LEVEL": "debug",
        "OPENSKY_API_URL": f"{root}/api",
        "OPENSKY_TOKEN_URL": f"{root}/auth/realms/opensky-network/protocol/openid-connect/token",
        "OPENSKY_MIN_POLL_INTERVAL_SECONDS": "1",
        "OPENSKY_MAX_ATTEMPTS": "1",
    }


def credentials_file(folder: Path, text: str) -> dict[str, str]:
    file = folder / "credentials.json"
    file.write_text(text)
    return {"OPENSKY_CREDENTIALS_FILE": str(file)}


def output_of(done: "subprocess.CompletedProcess[str]") -> str:
    return done.stdout + done.stderr


def test_the_collector_that_polls_writes_neither_its_secret_nor_its_token(
    opensky: str, broker: MockBroker, tmp_path: Path
) -> None:
    content = json.dumps({"clientId": "monitor", "clientSecret": CLIENT_SECRET})
    settings = {
        **opensky_settings(opensky),
        **credentials_file(tmp_path, content),
        **TRACING,
        "KAFKA_BOOTSTRAP_SERVERS": broker.address,
    }
    collector = Service("collector", folder=tmp_path, environment=settings).start()
    try:
        collector.wait_for_event("polled")
        assert collector.stop() == 0
    finally:
        collector.kill()
    written = collector.log.read_text()
    assert found_in(written, [CLIENT_SECRET, PASSWORD]) == []
    assert "Bearer" not in written
    assert "eyJ" not in written, "the begin of a token"


@pytest.mark.parametrize(
    ("command", "credentials"),
    [
        (["collector"], '{"clientId": "monitor", "clientSecret": "%s"}'),
        (["collector", "check"], '{"clientId": "monitor", "clientSecret": "%s"'),
        (["collector", "check"], None),
    ],
    ids=["refused", "cut off", "refused, in the environment"],
)
def test_credentials_that_are_wrong_are_not_written(
    opensky: str, broker: MockBroker, tmp_path: Path, credentials: str | None, command: list[str]
) -> None:
    given = {"OPENSKY_CLIENT_ID": "monitor", "OPENSKY_CLIENT_SECRET": PASSWORD}
    if credentials is not None:
        given = credentials_file(tmp_path, credentials % PASSWORD)
    settings = {**opensky_settings(opensky), **given, "KAFKA_BOOTSTRAP_SERVERS": broker.address}
    done = run_module(command, folder=tmp_path, environment=settings)
    assert done.returncode != 0
    assert "my-opensky/account" in output_of(done) or "credentials" in output_of(done)
    assert found_in(output_of(done), [PASSWORD]) == []


def test_the_processor_that_serves_writes_no_credential(tmp_path: Path) -> None:
    """Neither those of its settings nor those that clients send, valid or not."""
    keys = KeysFile(tmp_path / "keys.yaml")
    key = keys.add("map", ["flights:live"])
    jwks = tmp_path / "jwks.json"
    jwks.write_bytes(issuer.key_set_json(issuer.ed_key()))
    claims = issuer.claims(exp=int(time.time()) + 600)
    token = issuer.sign(claims, issuer.ed_key(), alg="EdDSA")
    processor = Service(
        "processor",
        folder=tmp_path,
        environment={
            **KAFKA,
            **TRACING,
            "KAFKA_BOOTSTRAP_SERVERS": NOWHERE,
            "DATABASE_URL": f"postgresql://flights:{quote(PASSWORD, safe='')}@{NOWHERE}/flights",
            "LOG_LEVEL": "debug",
            "HTTP_PORT": "0",
            "SSE_DRAIN_SECONDS": "0",
            "ACCESS_MODE": "required",
            "ACCESS_KEYS_FILE": str(keys.path),
            "ACCESS_JWT_ISSUER": issuer.ISSUER,
            "ACCESS_JWT_AUDIENCE": issuer.AUDIENCE,
            "ACCESS_JWKS_FILE": str(jwks),
        },
    ).start()
    try:
        ticket = send_credentials(processor.url, key, token)
        keys.write(f"- name: map\n  sha256: {key}\n# end\n")
        processor.wait_for_event("api_keys_not_changed")
        processor.wait_for_event("database_does_not_answer")
        processor.wait_for_event("kafka_unusable")
        assert processor.stop() == 0
    finally:
        processor.kill()
    written = processor.log.read_text()
    assert found_in(written, [PASSWORD, key, key[1:], token, token[:-1], ticket]) == []


FAULT = """
import asyncpg

async def connect(*arguments, **settings):
    raise ZeroDivisionError("a fault of the program")

asyncpg.connect = connect
"""
"""Python runs a module of the name `sitecustomize` at its start."""


def test_a_fault_of_the_program_writes_no_password(tmp_path: Path) -> None:
    """Its traceback leads through functions that have the password in a variable."""
    (tmp_path / "sitecustomize.py").write_text(FAULT)
    processor = Service(
        "processor",
        *("--role", "archive"),
        folder=tmp_path,
        environment={
            "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}",
            "KAFKA_BOOTSTRAP_SERVERS": NOWHERE,
            "DATABASE_URL": ADDRESSES["nothing answers"],
            "HTTP_PORT": "0",
        },
    ).start()
    try:
        assert processor.wait() == 1
    finally:
        processor.kill()
    written = processor.log.read_text()
    assert '"exc_type": "ZeroDivisionError"' in written
    assert all(json.loads(line)["event"] for line in written.splitlines())
    assert found_in(written, [PASSWORD]) == []


def send_raw(url: str, text: str) -> None:
    """Send what is no valid HTTP, and wait until the server hangs up."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname or "", address.port or 0)) as connection:
        connection.sendall(text.encode())
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass


def send_credentials(url: str, key: str, token: str) -> str:
    """Send each valid and spoilt credential in each place; return the ticket that was issued."""
    with httpx.Client(base_url=url) as client:
        issued = client.post("/sse/ticket", headers={"Authorization": f"Bearer {key}"})
        ticket = str(issued.json()["ticket"])
        for text in (key, key[1:], token, token[:-1], ticket):
            for headers in (
                {"Authorization": f"Bearer {text}"},
                {"Authorization": f"Basic {text}"},
                {"X-API-Key": text},
                {"Cookie": f"key={text}"},
            ):
                client.get("/api/flights", headers=headers)
            client.get(f"/api/flights?key={text}&ticket={text}")
            client.get(f"/{text}")
            send_raw(url, f"GET /?key={text} HTTP/1.1\r\nBearer {text}: x\r\n\r\n")
            with pytest.raises(WebSocketException):
                connect(f"{url.replace('http', 'ws')}/ws/flights?ticket={text}x").close()
    return ticket


ADDRESSES = {
    "nothing answers": f"postgresql://flights:{quote(PASSWORD, safe='')}@{NOWHERE}/flights",
    "not a port": f"postgresql://flights:{quote(PASSWORD, safe='')}@localhost:port/flights",
    "not encoded": f"postgresql://flights:{PASSWORD}@{NOWHERE}/flights",
    "not a parameter": f"postgresql://{NOWHERE}/flights?password={quote(PASSWORD)}&sslmode=no",
}


AUDIT, MIGRATION = ["processor", "audit"], ["alembic", "upgrade", "head"]
CASES = [
    *(
        (command, "nothing answers")
        for command in (AUDIT, MIGRATION, ["processor", "status"], ["processor", "dead-letters"])
    ),
    *(
        pytest.param(command, address, marks=pytest.mark.nightly)
        for command in (AUDIT, MIGRATION)
        for address in ADDRESSES
        if address != "nothing answers"
    ),
]


@pytest.mark.parametrize(("command", "address"), CASES, ids=str)
def test_a_command_that_fails_does_not_write_the_password_of_the_database(
    tmp_path: Path, command: list[str], address: str
) -> None:
    environment = {
        **KAFKA,
        "KAFKA_BOOTSTRAP_SERVERS": NOWHERE,
        "DATABASE_URL": ADDRESSES[address],
        "DATABASE_CONNECT_TIMEOUT_SECONDS": "1",
        "LOG_LEVEL": "debug",
    }
    folder = ROOT if command[0] == "alembic" else tmp_path  # its settings are in pyproject.toml
    done = run_module(command, folder=folder, environment=environment)
    assert done.returncode != 0
    assert output_of(done)
    assert found_in(output_of(done), [PASSWORD]) == []


def test_a_password_that_the_database_refuses_is_not_written(
    embedded_server: str, tmp_path: Path
) -> None:
    scheme, _, rest = embedded_server.partition("://")
    user, _, host = rest.partition("@")
    wrong = f"{scheme}://{user.partition(':')[0]}:{quote(PASSWORD, safe='')}@{host}"
    environment = {"DATABASE_URL": wrong, "LOG_LEVEL": "debug"}
    done = run_module(["processor", "audit"], folder=tmp_path, environment=environment)
    assert done.returncode != 0
    assert "password" in output_of(done)
    assert found_in(output_of(done), [PASSWORD]) == []
