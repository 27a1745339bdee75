"""PostgreSQL by TLS: its certificate, the client's own, and files that the settings name."""

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from standalone.child import User
from standalone.database_folder import server_user
from testkit.certificates import Authority
from testkit.migration import migrate
from testkit.server import HOST
from testkit.services import Service, run_module
from testkit.timescale import Timescale

pytestmark = pytest.mark.real_database


@pytest.fixture
def authority() -> Authority:
    """Give the authority that the archive trusts."""
    return Authority.create("trusted")


@pytest.fixture
def tls_server(server_folder: Path, authority: Authority) -> Iterator[Timescale]:
    """Give a server with TLS, whose certificate the test replaces."""
    authority.issue(server_folder, owner=server_user())
    files = {
        "ssl": "on",
        "ssl_cert_file": str(server_folder / "server.crt"),
        "ssl_key_file": str(server_folder / "server.key"),
    }
    with Timescale(fsync=False, settings=files) as server:
        yield server


def with_tls(url: str, trusted: Path) -> str:
    """Return the address with the certificate to trust."""
    return f"{url}?sslmode=verify-full&sslrootcert={trusted}"


@pytest.mark.parametrize("fault", ["expired", "other authority"])
def test_certificate_that_is_refused_is_waited_for(
    tls_server: Timescale, server_folder: Path, authority: Authority, tmp_path: Path, fault: str
) -> None:
    """The process goes on, names it, and stores once the certificate is replaced."""
    plain = tls_server.create_database()
    url = with_tls(plain, authority.write(tmp_path / "ca.pem"))
    migrate(url)
    user = server_user()
    if fault == "expired":
        authority.issue(server_folder, owner=user, ends_in=-dt.timedelta(days=1))
    else:
        Authority.create("other").issue(server_folder, owner=user)
    tls_server.restart()
    with pytest.raises(RuntimeError, match="renew the server's certificate"):
        migrate(url)
    archive = Service(
        *("processor", "--role", "archive"),
        folder=tmp_path,
        environment={
            "DATABASE_URL": url,
            "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            "HTTP_PORT": "0",
        },
    ).start()
    try:
        named = archive.wait_for_event("database_does_not_answer")
        assert named["code"] == "SSLCertVerificationError"
        assert "renew the server's certificate" in named["reason"]
        assert archive.is_running
        authority.issue(server_folder, owner=user)
        tls_server.restart()
        archive.wait_for_event("database_answers")
    finally:
        archive.kill()


CERTIFICATES_ONLY = f"""\
hostssl all all {HOST}/32 cert
hostnossl all all {HOST}/32 trust
"""
"""With TLS the server asks for a certificate whose common name is the role; tests use the rest."""


@pytest.fixture
def strict_server(server_folder: Path, authority: Authority) -> Iterator[Timescale]:
    """Give a server where a client with TLS needs a certificate of the authority."""
    user = server_user()
    authority.issue(server_folder, owner=user)
    authority.write(server_folder / "ca.pem").chmod(0o644)
    rules = server_folder / "pg_hba.conf"
    rules.write_text(CERTIFICATES_ONLY)
    rules.chmod(0o644)
    files = {
        "ssl": "on",
        "ssl_cert_file": str(server_folder / "server.crt"),
        "ssl_key_file": str(server_folder / "server.key"),
        "ssl_ca_file": str(server_folder / "ca.pem"),
        "hba_file": str(rules),
    }
    with Timescale(fsync=False, settings=files) as server:
        yield server


def with_certificate(url: str, folder: Path) -> str:
    """Return the address with the certificate to trust and the client's own."""
    own = f"&sslcert={folder / 'client.crt'}&sslkey={folder / 'client.key'}"
    return with_tls(url, folder / "ca.pem") + own


def test_client_shows_a_certificate(
    strict_server: Timescale, authority: Authority, tmp_path: Path
) -> None:
    """Without one, and with an expired one, the reason names it, and a renewed one is read."""
    plain = strict_server.create_database()
    authority.write(tmp_path / "ca.pem")
    owner = User(os.geteuid(), os.getegid())
    with pytest.raises(RuntimeError, match="sslcert and sslkey"):
        migrate(with_tls(plain, tmp_path / "ca.pem"))
    authority.issue(tmp_path, owner=owner, name="client", subject="postgres")
    url = with_certificate(plain, tmp_path)
    migrate(url)
    environment = {"DATABASE_URL": url, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "HTTP_PORT": "0"}
    audited = run_module(["processor", "audit"], folder=tmp_path, environment=environment)
    assert audited.returncode == 3, audited.stdout + audited.stderr  # nothing is stored yet
    expired = -dt.timedelta(days=1)
    authority.issue(tmp_path, owner=owner, name="client", subject="postgres", ends_in=expired)
    archive = Service(
        "processor", "--role", "archive", folder=tmp_path, environment=environment
    ).start()
    try:
        named = archive.wait_for_event("database_does_not_answer")
        assert "client certificate" in named["reason"] or "sslcert" in named["reason"]
        assert archive.is_running
        authority.issue(tmp_path, owner=owner, name="client", subject="postgres")
        archive.wait_for_event("database_answers")
    finally:
        archive.kill()


def test_file_that_is_missing_is_refused_at_start(tmp_path: Path) -> None:
    """By the name of the setting, before anything is started; never with the password."""
    missing = tmp_path / "ca.pem"
    url = f"postgresql://me:hush-hush@127.0.0.1:1/x?sslmode=verify-full&sslrootcert={missing}"
    environment = {"DATABASE_URL": url}
    for arguments in (["processor", "audit"], ["processor", "--role", "archive"]):
        done = run_module(arguments, folder=tmp_path, environment=environment)
        assert done.returncode == 2
        assert f"database.url: sslrootcert names {missing}, which is not there" in done.stderr
        assert "hush-hush" not in done.stderr
    with pytest.raises(RuntimeError, match="sslrootcert names"):
        migrate(url)
    environment = {"PGSSLROOTCERT": str(missing)}
    done = run_module(["processor", "audit"], folder=tmp_path, environment=environment)
    assert done.returncode == 2
    assert f"PGSSLROOTCERT names {missing}" in done.stderr
