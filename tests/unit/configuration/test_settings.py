"""Settings from defaults, file and environment."""

import json
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from collector.settings import CollectorSettings
from configuration.errors import SettingsError
from configuration.loading import SECTIONS, ServiceSettings, load_settings
from configuration.shared_sections import KafkaSettings
from kafka_client.refusals import refuse_unusable
from processor.settings import ProcessorSettings
from standalone.settings import AllSettings

CONFIG = Path("config.yaml")


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


def test_config_yaml_names_every_setting_with_its_default() -> None:
    """The file that people read says what the code does."""
    written = yaml.safe_load(CONFIG.read_text())
    defaults = AllSettings()
    for section, fields in AllSettings.model_fields.items():
        assert isinstance(fields.annotation, type)
        assert issubclass(fields.annotation, BaseModel)
        assert set(written[section]) == set(fields.annotation.model_fields)
    assert load_settings(AllSettings, CONFIG).model_dump() == defaults.model_dump()


@pytest.mark.parametrize("kind", [CollectorSettings, ProcessorSettings])
def test_a_service_passes_over_the_sections_of_the_other_and_refuses_all_other_names(
    kind: type[ServiceSettings], config_file: Path
) -> None:
    """One config.yaml serves both services; each checks its own sections."""
    assert set(AllSettings.model_fields) == SECTIONS
    others = SECTIONS.difference(kind.model_fields)
    config_file.write_text("".join(f"{name}: {{unknown: 1}}\n" for name in others))
    assert load_settings(kind, config_file).model_dump() == kind().model_dump()
    config_file.write_text("kafak: {}")
    with pytest.raises(SettingsError, match=r"kafak: .*mean kafka"):
        load_settings(kind, config_file)


def test_environment_is_over_file_is_over_default(
    config_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SECTION_KEY wins; what neither names keeps its default."""
    config_file.write_text("kafka: {bootstrap_servers: 'file:1', topic: of.file}")
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "environment:1,environment:2")
    monkeypatch.setenv("OPENSKY_CREDENTIALS_FILE", "/run/secrets/credentials.json")
    monkeypatch.setenv("SSE_ALLOWED_ORIGINS", "https://a.example, https://b.example")
    settings = load_settings(AllSettings, config_file)
    assert settings.kafka.bootstrap_servers == "environment:1,environment:2"
    assert settings.kafka.topic == "of.file"
    assert settings.kafka.partitions == 12
    assert settings.opensky.credentials_file == Path("/run/secrets/credentials.json")
    assert settings.sse.allowed_origins == ("https://a.example", "https://b.example")


def test_other_programs_variables_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """KAFKA_HEAP_OPTS is the broker's, not a misspelt setting of ours."""
    monkeypatch.setenv("KAFKA_HEAP_OPTS", "-Xmx1g")
    assert load_settings(AllSettings).kafka == AllSettings().kafka


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kafka: {bootstrap_server: x}", r"kafka.bootstrap_server: .*mean bootstrap_servers"),
        ("kafka: {partitions: 0}", r"kafka.partitions: 0 .*greater than or equal to 1"),
        ("kafak: {}", r"kafak: .*mean kafka"),
        ("kafka: {bootstrap_servers: ''}", r"kafka.bootstrap_servers: ''"),
        ("archive: {idle_seconds: soon}", r"archive.idle_seconds: 'soon' .*number"),
        ("database: {statement_timeout_seconds: 0.001}", r"timeout_seconds: 0.001 .*equal to 1"),
        ("database: {retention_days: 999999999}", r"retention_days: 999999999 .*equal to 36500"),
        ("database: {url: 'mysql://me@db/x'}", r"database.url: \(not shown\) .*postgresql://"),
        ("log: {level: loud}", r"log.level: 'loud' .*'debug', 'info', 'warning'"),
        ("opensky: {areas: [{name: x, lamin: 1, lomin: 5, lamax: 0, lomax: 6}]}", "lamin < lamax"),
        (
            "opensky: {areas: [{name: x, lamin: -91, lomin: 5, lamax: 0, lomax: 6}]}",
            "areas.0.lamin",
        ),
        ("access: {mode: closed}", r"access.mode: 'closed' .*'loopback', 'required' or 'open'"),
        ("access: {jwt_algorithms: [RS256, HS256]}", r"jwt_algorithms.1: 'HS256' .*'RS256'"),
        ("access: {jwt_algorithms: [none]}", r"jwt_algorithms.0: 'none' .*'RS256'"),
        ("access: {jwt_issuer: ''}", "access.jwt_issuer: ''"),
        ("access: {ticket_seconds: 3600}", "access.ticket_seconds: 3600 .*300"),
        ("access: {jwks_url: 'http://issuer.example/jwks'}", "access.jwks_url: .*https://"),
        ("access: {jwks_url: 'http://localhost.evil.example/'}", "access.jwks_url: .*https://"),
        ("access: {jwks_url: 'file:///etc/jwks.json'}", "access.jwks_url: .*https://"),
        ("access: {jwks_url: 'https:///jwks'}", "access.jwks_url: .*https://"),
        ("http: {allowed_hosts: ['https://flights.example']}", r"http.allowed_hosts.0: 'https"),
        ("http: {allowed_hosts: ['flights.example:443']}", r"http.allowed_hosts.0: 'flights"),
        ("http: {allowed_hosts: ['*']}", r"http.allowed_hosts.0: '\*'"),
        (
            "http: {host: '[::1]:8081'}",
            r"http.host: '\[::1\]:8081' .*without port or scheme: .*::1",
        ),
        ("http: {host: 'http://localhost'}", "http.host: 'http.* .*without port or scheme"),
        ("a: b: c", "not YAML"),
    ],
)
def test_what_cannot_be_used_is_refused(config_file: Path, text: str, said: str) -> None:
    """Key, value and what is allowed, at start."""
    config_file.write_text(text)
    with pytest.raises(SettingsError, match=said):
        load_settings(AllSettings, config_file)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "{security_protocol: SSL, ssl_ca_file: /nowhere/ca.pem}",
            r"^kafka.ssl_ca_file: '/nowhere/ca.pem' cannot be used: .*\(No such file",
        ),
        ("{security_protocol: SSL, ssl_ca_file: config.yaml}", r"ssl_ca_file: 'config.yaml' .*PEM"),
        ("{security_protocol: SSL, ssl_ca_file: .}", r"kafka.ssl_ca_file: '.' cannot be used"),
        (
            "{security_protocol: SASL_SSL, sasl_password: hush-hush}",
            r"^kafka.sasl_username: None cannot be used: .*SASL_SSL needs it$",
        ),
        (
            "{security_protocol: SASL_PLAINTEXT, sasl_username: me}",
            r"^kafka.sasl_password: \(not shown\) cannot be used: .*SASL_PLAINTEXT needs it$",
        ),
        (
            "{security_protocol: SASL_PLAINTEXT, sasl_username: '', sasl_password: x}",
            r"^kafka.sasl_username: ''",
        ),
    ],
)
def test_kafka_settings_that_can_never_work_are_refused(
    config_file: Path, text: str, said: str
) -> None:
    """At the start of those who use Kafka; a migration needs no password of it."""
    config_file.write_text(f"kafka: {text}")
    settings = load_settings(AllSettings, config_file)
    with pytest.raises(SettingsError, match=said):
        refuse_unusable(settings.kafka)


TOKENS = "sasl.oauthbearer.method: oidc, sasl.oauthbearer.client.id: me"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{ssl.certificate: x}", r'No such configuration property: "ssl.certificate"'),
        ("{socket.timeout.ms: soon}", r'Invalid value for .* "socket.timeout.ms"'),
        ("{ssl.certificate.location: /nowhere}", "ssl.certificate.location failed"),
    ],
)
def test_properties_that_librdkafka_refuses_are_refused_at_start(
    config_file: Path, text: str, said: str
) -> None:
    """A client that is made later would fail in the middle of the work, again and again."""
    config_file.write_text(f"kafka: {{security_protocol: SSL, properties: {text}}}")
    settings = load_settings(AllSettings, config_file)
    with pytest.raises(SettingsError, match=f"^kafka.properties cannot be used: .*{said}"):
        refuse_unusable(settings.kafka)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{sasl.password: hunter2}", "sasl.password has a setting of its own: kafka.sasl_password"),
        ("{group.id: hunter2}", "group.id has a setting of its own: kafka.group_id"),
        ("{enable.auto.commit: true}", "enable.auto.commit is no property of the connection"),
        (
            "{ssl.key.password: {file: /nowhere}}",
            r"ssl.key.password: the file /nowhere .*\(No such",
        ),
        ("{ssl.key.password: {path: hunter2}}", r"ssl.key.password: .*\{file: PATH\}"),
        ("{ssl.key.password: [hunter2]}", "ssl.key.password: a text, a number"),
        ("hunter2", "properties of librdkafka are needed"),
    ],
)
def test_properties_that_are_not_the_connections_are_refused(
    config_file: Path, text: str, said: str
) -> None:
    """With the name of the setting where there is one, and without any value."""
    config_file.write_text(f"kafka: {{properties: {text}}}")
    with pytest.raises(
        SettingsError, match=rf"^kafka.properties: \(not shown\) .*{said}"
    ) as refused:
        load_settings(AllSettings, config_file)
    assert "hunter2" not in str(refused.value)


def test_properties_reach_librdkafka_and_are_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From files too, as Docker and Kubernetes hand secrets over; from the environment as JSON."""
    secret = tmp_path / "secret"
    secret.write_text("hunter2\n")
    properties = {"ssl.key.password": {"file": str(secret)}, "socket.keepalive.enable": True}
    monkeypatch.setenv("KAFKA_PROPERTIES", json.dumps(properties))
    kafka = load_settings(AllSettings).kafka
    assert "hunter2" not in repr(kafka)
    config = kafka.connection()
    assert config["ssl.key.password"] == "hunter2"
    assert config["socket.keepalive.enable"] == "true"


def test_a_password_may_come_from_a_file(config_file: Path, tmp_path: Path) -> None:
    """So that neither config.yaml nor the environment holds it."""
    secret = tmp_path / "secret"
    secret.write_text("hunter2\n")
    login = f"{{security_protocol: SASL_SSL, sasl_username: me, sasl_password: {{file: {secret}}}}}"
    config_file.write_text(f"kafka: {login}")
    kafka = load_settings(AllSettings, config_file).kafka
    assert kafka.connection()["sasl.password"] == "hunter2"
    config_file.write_text("kafka: {sasl_password: {file: /nowhere}}")
    with pytest.raises(SettingsError, match=r"sasl_password: \(not shown\) .*the file /nowhere"):
        load_settings(AllSettings, config_file)


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ("{}", "kafka.properties needs sasl.oauthbearer.method: oidc"),
        (f"{{{TOKENS}}}", "sasl.oauthbearer.token.endpoint.url` is mandatory"),
        (
            f"{{{TOKENS}, sasl.oauthbearer.token.endpoint.url: 'https://tokens.example/'}}",
            "sasl.oauthbearer.client.secret` is mandatory",
        ),
    ],
)
def test_tokens_need_their_properties(config_file: Path, properties: str, said: str) -> None:
    """The installed librdkafka fetches tokens itself; user name and password are not needed."""
    login = f"security_protocol: SASL_SSL, sasl_mechanism: OAUTHBEARER, properties: {properties}"
    config_file.write_text(f"kafka: {{{login}}}")
    settings = load_settings(AllSettings, config_file)
    with pytest.raises(SettingsError, match=said):
        refuse_unusable(settings.kafka)


def test_files_and_passwords_that_are_not_used_are_not_looked_at() -> None:
    refuse_unusable(KafkaSettings(ssl_ca_file=Path("/nowhere")))
    refuse_unusable(KafkaSettings(security_protocol="SSL"))


@pytest.mark.parametrize(
    "url", ["https://issuer.example/jwks", "http://localhost:8080/jwks", "http://[::1]/jwks"]
)
def test_keys_may_come_from_afar_by_tls_and_from_this_machine(config_file: Path, url: str) -> None:
    """A host that could replace the keys on the way could make tokens."""
    config_file.write_text(f"access: {{jwks_url: '{url}'}}")
    assert load_settings(AllSettings, config_file).access.jwks_url == url


def test_lists_of_access_come_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    """As all lists of the environment do."""
    monkeypatch.setenv("ACCESS_JWT_ALGORITHMS", "ES256, Ed25519")
    monkeypatch.setenv("HTTP_ALLOWED_HOSTS", "flights.example, *.flights.example, [2001:db8::1]")
    settings = load_settings(AllSettings)
    assert settings.access.jwt_algorithms == ("ES256", "Ed25519")
    assert settings.http.allowed_hosts[1:] == ("*.flights.example", "[2001:db8::1]")


def test_secrets_are_not_shown(config_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in the settings' text nor in the complaint about them."""
    monkeypatch.setenv("OPENSKY_CLIENT_SECRET", "hush-hush")
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:hush-hush@db/flights")
    assert "hush-hush" not in repr(load_settings(AllSettings))
    config_file.write_text("opensky: {client_secret: [hush-hush]}")
    monkeypatch.delenv("OPENSKY_CLIENT_SECRET")
    with pytest.raises(SettingsError) as raised:
        load_settings(AllSettings, config_file)
    assert "hush-hush" not in str(raised.value)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    """Only a file that was asked for must be there."""
    with pytest.raises(SettingsError, match="no such file"):
        load_settings(AllSettings, tmp_path / "nowhere.yaml")


def test_settings_cannot_be_changed() -> None:
    """Settings are shared, so no code may change them."""
    with pytest.raises(ValueError, match="frozen"):
        AllSettings().kafka.topic = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    "text",
    [
        "kafka: [sasl_password, hunter2]",
        "database: 'postgresql://flights:hunter2@db/flights'",
        "opensky: hunter2",
        'kafka:\n  sasl_password: "hunter2\n',
        "kafka: {sasl_password: hunter2, partitions: {}, ] }",
        "kafka: hunter2\x00",
    ],
)
def test_no_secret_is_quoted_by_a_refusal(config_file: Path, text: str) -> None:
    """Neither by a section that is no section nor by what is no YAML."""
    config_file.write_text(text)
    with pytest.raises(SettingsError) as refused:
        load_settings(AllSettings, config_file)
    assert "hunter2" not in str(refused.value)
