"""The children's environment names every address, whatever the user's own settings are."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from collector.credentials import find_credentials
from configuration.loading import load_settings
from configuration.shared_sections import AccessSettings
from simulator.server import TOKEN_PATH
from standalone.environment import (
    PROJECT,
    children_environment,
    choose_metrics_token,
    simulated_opensky,
    simulator_arguments,
)
from standalone.options import Options, read_options
from standalone.settings import AllSettings


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Options:
    """Give what a newcomer asks for, in a folder without config.yaml."""
    monkeypatch.chdir(tmp_path)
    return read_options(["--data-dir", str(tmp_path)])


def settings_of(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, config: str = ""
) -> AllSettings:
    """What a child reads out of this environment."""
    Path("config.yaml").write_text(config)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return load_settings(AllSettings)


def everything(options: Options, settings: AllSettings) -> dict[str, str]:
    return {
        **children_environment(
            options,
            settings,
            bootstrap_servers="127.0.0.1:5",
            database_url="postgresql://here",
            metrics_token=choose_metrics_token(settings.access),
        ),
        **simulated_opensky(options, settings, port=7),
    }


def test_children_read_the_embedded_parts(
    options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every address that this run chose reaches them."""
    read = settings_of(everything(replace(options, port=9), AllSettings()), monkeypatch)
    assert read.kafka.bootstrap_servers == "127.0.0.1:5"
    assert read.database.url.get_secret_value() == "postgresql://here"
    assert read.http.port == 9
    assert read.opensky.api_url == "http://127.0.0.1:7/api"
    assert read.opensky.token_url == f"http://127.0.0.1:7{TOKEN_PATH}"
    assert read.opensky.min_poll_interval_seconds == 5


def test_settings_of_another_cluster_do_not_disturb_the_embedded_broker(
    options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user's config.yaml is for the user's own broker."""
    config = "kafka: {security_protocol: SASL_SSL, topic: flights, group_id: mine}"
    Path("config.yaml").write_text(config)
    read = settings_of(everything(options, load_settings(AllSettings)), monkeypatch, config)
    assert read.kafka.security_protocol == "PLAINTEXT"
    assert read.kafka.topic == "flights"
    assert read.kafka.group_id == "mine"


def test_controlled_access_admits_this_program_to_the_metrics(
    options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the user's token, or else one of this run; without access control there is none."""
    required, given = AccessSettings(mode="required"), "t" * 32
    own = {"metrics_token": SecretStr(given)}
    tokens = [choose_metrics_token(required), choose_metrics_token(required)]
    assert len({*tokens, None}) == 3
    assert choose_metrics_token(required.model_copy(update=own)) == given
    assert choose_metrics_token(AccessSettings()) is None
    read = settings_of(everything(options, AllSettings(access=required)), monkeypatch)
    assert read.access.metrics_token is not None


@pytest.mark.parametrize(
    ("kafka", "config", "expected"),
    [
        (None, "", 500),
        (None, "kafka: {rows_per_message: 1}", 1),
        (None, "kafka: {rows_per_message: null}", 500),
        ("there:1", "", None),
        ("there:1", "kafka: {rows_per_message: 20}", 20),
    ],
)
def test_the_embedded_topic_has_messages_of_several_rows(
    options: Options,
    monkeypatch: pytest.MonkeyPatch,
    kafka: str | None,
    config: str,
    expected: int | None,
) -> None:
    """Unless the user wants something else, or has a broker that others read."""
    Path("config.yaml").write_text(config)
    environment = everything(replace(options, kafka=kafka), load_settings(AllSettings))
    assert settings_of(environment, monkeypatch, config).kafka.rows_per_message == expected


def test_settings_for_an_existing_broker_are_kept(
    options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its protocol is the user's business."""
    config = "kafka: {security_protocol: SSL}"
    environment = everything(replace(options, kafka="there:1"), AllSettings())
    assert settings_of(environment, monkeypatch, config).kafka.security_protocol == "SSL"


@pytest.mark.parametrize("config", ["", "opensky: {credentials_file: mine.json}"])
def test_simulator_is_never_asked_with_the_users_credentials(
    options: Options, monkeypatch: pytest.MonkeyPatch, config: str
) -> None:
    """Nor do the two ways of giving them get into each other's way."""
    Path("mine.json").write_text(json.dumps({"clientId": "me", "clientSecret": "secret"}))
    Path("config.yaml").write_text(config)
    read = settings_of(everything(options, load_settings(AllSettings)), monkeypatch, config)
    credentials = find_credentials(read.opensky)
    assert credentials is not None
    assert (credentials.client_id, credentials.client_secret) == ("simulator", "simulator")


def test_simulator_gets_what_was_asked_for(options: Options) -> None:
    """Its own defaults hold for the rest."""
    words = simulator_arguments(options, 7)
    assert words[:3] == ["simulator", "--port", "7"]
    assert words[-2:] == ["--aircraft", "3000"]
    replayed = replace(options, replay=(Path("a"), Path("b")), interval_seconds=2.0)
    words = simulator_arguments(replayed, 7)
    assert words[-5:] == ["--replay", "a", "b", "--interval", "2.0"]
    assert "--aircraft" not in words


@pytest.mark.parametrize(
    ("is_replay", "interval_seconds", "expected"),
    [(False, None, 5), (False, 1, 1), (True, None, 2.5), (True, 20, 10), (True, 1, 1)],
)
def test_pace_of_the_polls(
    options: Options, *, is_replay: bool, interval_seconds: float | None, expected: float
) -> None:
    """No answer of a recording is skipped."""
    replay = (Path("a"),) if is_replay else ()
    asked = replace(options, replay=replay, interval_seconds=interval_seconds)
    sent = simulated_opensky(asked, AllSettings(), port=7)
    assert float(sent["OPENSKY_MIN_POLL_INTERVAL_SECONDS"]) == expected


def test_simulator_is_asked_without_a_proxy(
    options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the user excepted stays excepted."""
    monkeypatch.setenv("NO_PROXY", "example.org")
    assert simulated_opensky(options, AllSettings(), port=7)["NO_PROXY"] == "127.0.0.1,example.org"


def test_children_find_the_packages_from_any_folder(
    options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folders that the user added to the path stay on it."""
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    assert everything(options, AllSettings())["PYTHONPATH"] == f"{PROJECT}:/somewhere"
