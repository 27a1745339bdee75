"""Connections that leave this machine without TLS: said at start, refused where TLS is required."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from asyncpg import connect_utils
from structlog.testing import capture_logs

from collector.settings import find_plaintext_opensky
from configuration.database_url import database_hosts
from configuration.errors import SettingsError
from configuration.transport_security import (
    PlaintextConnection,
    check_plaintext,
    find_plaintext_database,
    find_plaintext_kafka,
    kafka_hosts,
    warn_of_plaintext,
)
from standalone.settings import AllSettings
from testkit.services import ROOT, Service, child_environment

REMOTE_URL = "postgresql://flights:secret@db.example:5432/flights"

DATABASES = [
    "postgresql://flights@localhost:5432/flights",
    "postgresql://flights:secret@db.example/flights",
    "postgresql://flights@db.example:5432,127.0.0.1:5433/flights",
    "postgresql://flights@[2001:db8::1]:5432/flights",
    "postgresql://flights@%2Fvar%2Frun%2Fpostgresql/flights",
    "postgresql:///flights",
    "postgresql:///flights?host=/tmp",
    "postgresql:///flights?host=db.example&sslmode=require",
    "postgresql:///flights?host=first.example,second.example",
    "postgresql://flights@db.example/flights?host=other.example",
    "postgres://db.example",
]


@pytest.fixture(autouse=True)
def _no_variables_of_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGHOST", "PGSSLMODE", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)


def settings(**sections: dict[str, object]) -> AllSettings:
    return AllSettings.model_validate(sections)


def connections(given: AllSettings) -> list[PlaintextConnection]:
    return [
        *find_plaintext_database(given.database.url.get_secret_value()),
        *find_plaintext_kafka(given.kafka),
        *find_plaintext_opensky(given.opensky),
    ]


def sentences(**sections: dict[str, object]) -> list[str]:
    """Return what is said of the sections; the defaults of all others are this machine."""
    given = settings(**sections)
    return [str(each) for each in check_plaintext(given.security, connections(given))]


@pytest.mark.parametrize("url", DATABASES)
@pytest.mark.parametrize("pghost", [None, "env.example", "/var/run/postgresql"])
def test_hosts_are_those_that_the_driver_would_connect_to(
    url: str, pghost: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the address is written; the driver's own reading is the judge."""
    if pghost is not None:
        monkeypatch.setenv("PGHOST", pghost)
    addresses, _ = connect_utils._parse_connect_dsn_and_args(  # type: ignore[attr-defined]
        dsn=url,
        **dict.fromkeys(
            (
                *("host", "port", "user", "password", "passfile", "database", "ssl", "service"),
                *("servicefile", "direct_tls", "server_settings", "target_session_attrs"),
                *("krbsrvname", "gsslib"),
            )
        ),
    )
    by_network = {address[0] for address in addresses if isinstance(address, tuple)}
    assert set(database_hosts(url)) == by_network - {"localhost"} or by_network == {"localhost"}


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://flights@localhost/flights",
        "postgresql://flights@127.0.0.1:5432,[::1]:5433/flights",
        "postgresql://flights@%2Fvar%2Frun%2Fpostgresql/flights",
        "postgresql:///flights",
        f"{REMOTE_URL}?sslmode=verify-full",
    ],
)
def test_database_of_this_machine_or_verified_is_fine(url: str) -> None:
    """A socket, a loopback address, or a certificate that is checked with its name."""
    assert sentences(database={"url": url}) == []


@pytest.mark.parametrize(
    "mode", ["disable", "allow", "prefer", "require", "verify-ca", "no-verify", None]
)
def test_remote_database_needs_a_certificate_that_is_checked(mode: str | None) -> None:
    """All other modes accept any server that answers; the password is never shown."""
    url = REMOTE_URL if mode is None else f"{REMOTE_URL}?sslmode={mode}"
    [sentence] = sentences(database={"url": url})
    assert sentence.startswith("database.url: ")
    assert "db.example" in sentence
    assert "sslmode=verify-full" in sentence
    assert "secret" not in sentence


def test_mode_of_the_environment_counts_below_that_of_the_url(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """PGSSLMODE is the driver's as well."""
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    assert sentences(database={"url": REMOTE_URL}) == []
    assert sentences(database={"url": f"{REMOTE_URL}?sslmode=prefer"})


def test_a_service_file_is_not_looked_into() -> None:
    """The sentence says where to write what is needed."""
    [sentence] = sentences(database={"url": "postgresql:///?service=flights"})
    assert "service=flights" in sentence
    verified: dict[str, object] = {"url": "postgresql:///?service=flights&sslmode=verify-full"}
    assert sentences(database=verified) == []


@pytest.mark.parametrize(
    ("servers", "protocol", "named"),
    [
        ("localhost:9092,127.0.0.1:9093,[::1]:9094", "PLAINTEXT", None),
        ("kafka.example:9093", "SSL", None),
        ("kafka.example:9093", "SASL_SSL", None),
        ("kafka.example:9092", "PLAINTEXT", "kafka.example"),
        ("localhost:9092, kafka.example", "SASL_PLAINTEXT", "kafka.example"),
        ("PLAINTEXT://[2001:db8::1]:9092", "PLAINTEXT", "2001:db8::1"),
    ],
)
def test_kafka_needs_tls_if_any_server_is_remote(
    servers: str, protocol: str, named: str | None
) -> None:
    """One server of this machine does not vouch for the others."""
    kafka: dict[str, object] = {"bootstrap_servers": servers, "security_protocol": protocol}
    found = sentences(kafka=kafka)
    if named is None:
        assert found == []
    else:
        assert f"({named})" in found[0]
        assert "kafka.security_protocol" in found[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("enable.ssl.certificate.verification", False),
        ("ssl.endpoint.identification.algorithm", "none"),
    ],
)
def test_tls_that_accepts_any_broker_is_as_none(name: str, value: object) -> None:
    """Any machine on the way could pretend to be the broker."""
    tls: dict[str, object] = {"bootstrap_servers": "kafka.example:9093", "security_protocol": "SSL"}
    [sentence] = sentences(kafka={**tls, "properties": {name: value}})
    assert sentence.startswith(f"kafka.properties: {name}: ")
    assert "its certificate is not checked" in sentence
    local = {**tls, "bootstrap_servers": "127.0.0.1:9093"}
    assert sentences(kafka={**local, "properties": {name: value}}) == []


def test_the_token_server_gets_the_clients_secret() -> None:
    """By http:// everyone on the way gets it too."""
    name = "sasl.oauthbearer.token.endpoint.url"
    [sentence] = sentences(kafka={"properties": {name: "http://tokens.example/token"}})
    assert sentence.startswith(f"kafka.properties: {name}: ")
    assert "https://" in sentence
    assert sentences(kafka={"properties": {name: "https://tokens.example/token"}}) == []


def test_each_server_of_kafka_is_read() -> None:
    """With and without port and protocol."""
    servers = "a:1,SASL_SSL://b:2, [::1]:3 ,d,,"
    assert kafka_hosts(servers) == ("a", "b", "::1", "d")


def test_opensky_by_http_sends_the_clients_secret() -> None:
    """Either address; a simulator on this machine is fine."""
    remote: dict[str, object] = {"token_url": "http://auth.example/token"}
    [sentence] = sentences(opensky=remote)
    assert sentence.startswith("opensky.token_url: ")
    assert "https://" in sentence
    local: dict[str, object] = {"token_url": "http://127.0.0.1:1/t", "api_url": "http://[::1]:1/a"}
    assert sentences(opensky=local) == []


def test_hosts_whose_network_is_ones_own_can_be_named() -> None:
    """As the containers of one machine are; a host that takes their place is not one of them."""
    security: dict[str, object] = {"plaintext_hosts": "kafka, TimescaleDB", "require_tls": True}
    kafka: dict[str, object] = {"bootstrap_servers": "kafka:9092"}
    database: dict[str, object] = {"url": "postgresql://flights@timescaledb:5432/flights"}
    accepted = settings(security=security, kafka=kafka, database=database)
    assert check_plaintext(accepted.security, connections(accepted)) == []
    other: dict[str, object] = {"url": "postgresql://flights@db.example/flights"}
    with pytest.raises(SettingsError, match=r"database\.url: .*db\.example"):
        sentences(security=security, kafka=kafka, database=other)


@pytest.mark.parametrize("wrong", ["kafka:9092", "http://kafka", ""])
def test_a_named_host_has_no_port(wrong: str) -> None:
    """It would never be recognised."""
    with pytest.raises(ValueError, match="without port"):
        settings(security={"plaintext_hosts": (wrong,)})


def test_every_connection_is_warned_about_once() -> None:
    """With the setting, the host and the remedy, and without secrets."""
    remote = settings(
        database={"url": REMOTE_URL},
        kafka={"bootstrap_servers": "kafka.example:9092"},
        opensky={"api_url": "http://opensky.example/api"},
    )
    with capture_logs() as logs:
        warn_of_plaintext(remote.security, connections(remote))
    assert [line["event"] for line in logs] == ["connection_without_tls"] * 3
    assert {line["log_level"] for line in logs} == {"warning"}
    assert "security.plaintext_hosts" in str(logs[0])
    assert "secret" not in str(logs)


REMOTE = {
    "DATABASE_URL": "postgresql://flights:secret@db.invalid/flights",
    "KAFKA_BOOTSTRAP_SERVERS": "kafka.invalid:9092",
    "OPENSKY_TOKEN_URL": "http://auth.invalid/token",
}
REFUSED = {
    "collector": ["kafka.bootstrap_servers", "opensky.token_url"],
    "processor": ["database.url", "kafka.bootstrap_servers"],
    "processor audit": ["database.url"],
    "processor audit --kafka": ["database.url", "kafka.bootstrap_servers"],
    "alembic upgrade head": ["database.url"],
}


@pytest.mark.parametrize("command", REFUSED)
def test_required_tls_refuses_what_the_process_would_connect_to(command: str) -> None:
    """Before anything is connected to, with the exit code of settings that cannot be used."""
    done = subprocess.run(
        [sys.executable, "-m", *command.split()],
        env=child_environment({**REMOTE, "SECURITY_REQUIRE_TLS": "true"}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    said = [name for name in ("database.url", "kafka.bootstrap_servers") if name in done.stderr]
    said += ["opensky.token_url"] if "opensky.token_url" in done.stderr else []
    assert said == REFUSED[command], done.stderr
    assert done.returncode == (1 if command.startswith("alembic") else 2)
    assert "security.require_tls" in done.stderr
    assert "secret" not in done.stderr


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[[str], Service]]:
    """Give a function that starts a service on hosts that do not exist."""
    services: list[Service] = []

    def start(module: str) -> Service:
        environment = {**REMOTE, "HTTP_PORT": "0", "HOME": os.devnull}
        services.append(Service(module, folder=tmp_path, environment=environment))
        return services[-1].start()

    yield start
    for service in services:
        service.kill()


@pytest.mark.parametrize("module", ["collector", "processor"])
def test_services_warn_at_start(module: str, started: Callable[[str], Service]) -> None:
    """Each of what it connects to itself."""
    service = started(module)
    service.wait_for_event("connection_without_tls")
    if module == "processor":
        service.wait_for_event("started")
    warned = [event["setting"] for event in service.events("connection_without_tls")]
    assert warned[: len(REFUSED[module])] == REFUSED[module]
    assert "secret" not in service.log.read_text()
