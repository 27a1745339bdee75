"""What docker-compose.yml promises: no default password, no superuser, no open port."""

import os
import re
import stat
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import yaml

from collector.settings import find_plaintext_opensky
from configuration.loading import load_settings
from configuration.transport_security import (
    PlaintextConnection,
    check_plaintext,
    find_plaintext_database,
    find_plaintext_kafka,
)
from kafka_client.topic_policy import creation_config
from standalone.database import EmbeddedDatabase
from standalone.database_folder import server_user
from standalone.database_programs import programs_dir
from standalone.settings import AllSettings
from testkit import databases
from testkit.queries import fetch_value
from testkit.services import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]


def environment(service: str) -> dict[str, str]:
    """Return a service's environment as it is where the operator sets nothing."""
    given: dict[str, object] = SERVICES[service].get("environment", {})
    return {name: _default(str(value)) for name, value in given.items()}


def _default(value: str) -> str:
    return value.partition(":-")[2].rstrip("}") if value.startswith("${") else value


def make_secrets(folder: Path) -> dict[str, str]:
    """Run the script as this user and return what it has made."""
    own = {"DATABASE_GROUP": str(os.getgid()), "SERVICE_USER": str(os.getuid())}
    subprocess.run(
        ["sh", "deploy/make-secrets.sh"],
        check=True,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "SECRETS_FOLDER": str(folder), **own},
    )
    return {file.name: file.read_text() for file in folder.iterdir()}


def test_no_password_stands_in_the_file() -> None:
    """They are generated; what can be set in its place is a file."""
    text = (ROOT / "docker-compose.yml").read_text()
    assert "POSTGRES_PASSWORD:" not in text
    assert "POSTGRES_PASSWORD_FILE: /secrets/superuser" in text
    for service in ("migrate", "processor"):
        url = urlsplit(environment(service)["DATABASE_URL"])
        assert (url.username, url.password) == ("flights", None)
        assert environment(service)["PGPASSFILE"] == "/secrets/pgpass"
        assert "secrets:/secrets:ro" in SERVICES[service]["volumes"]


def test_ports_are_published_to_this_machine_alone() -> None:
    """Kafka, which asks for no password, is not published at all; the proxy is there for others."""
    for name, service in SERVICES.items():
        if name != "proxy":
            assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert SERVICES["proxy"]["profiles"] == ["proxy"]
    assert "ports" not in SERVICES["kafka"]


def test_what_stays_is_bounded_and_its_image_is_exact() -> None:
    staying = [each for each in SERVICES.values() if each["restart"] == "unless-stopped"]
    assert len(staying) >= 6
    for service in staying:
        assert {"mem_limit", "logging"} <= service.keys()
        assert re.search(r":v?\d+\.\d+", service["image"]), service["image"]


def test_grafana_finds_what_is_mounted() -> None:
    """The dashboards lie where the provisioning looks, and its data source is the Prometheus."""
    mounts = dict(each.removesuffix(":ro").split(":") for each in SERVICES["grafana"]["volumes"])
    provisioning = ROOT / "deploy/grafana/provisioning"
    [provider] = yaml.safe_load((provisioning / "dashboards/flight-monitor.yaml").read_text())[
        "providers"
    ]
    assert mounts["./deploy/grafana/dashboards"] == provider["options"]["path"]
    assert mounts["./deploy/grafana/provisioning"] == "/etc/grafana/provisioning"
    [source] = yaml.safe_load((provisioning / "datasources/prometheus.yaml").read_text())[
        "datasources"
    ]
    assert source["url"] == "http://prometheus:9090"
    for name in ("prometheus", "grafana"):
        assert SERVICES[name]["profiles"] == ["monitoring"]
        assert SERVICES[name]["read_only"]


def plaintext_connections() -> list[PlaintextConnection]:
    """Return what any of the services would connect to without TLS."""
    settings = load_settings(AllSettings)
    found = [
        *find_plaintext_database(settings.database.url.get_secret_value()),
        *find_plaintext_kafka(settings.kafka),
        *find_plaintext_opensky(settings.opensky),
    ]
    return check_plaintext(settings.security, found)


def test_config_yaml_counts_in_the_containers() -> None:
    """The file is mounted, so that settings without a variable of their own reach them too.

    Secrets, which do not stand in that file, come by a file of variables.
    """
    for service in ("migrate", "collector", "processor"):
        assert "./config.yaml:/app/config.yaml:ro" in SERVICES[service]["volumes"]
        assert SERVICES[service]["env_file"] == [{"path": "deploy/settings.env", "required": False}]


def test_the_topic_has_a_bound_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The collector makes it so: twelve partitions fit on a small disk."""
    for name, value in environment("collector").items():
        monkeypatch.setenv(name, value)
    kafka = load_settings(AllSettings).kafka
    assert kafka.partitions * int(creation_config(kafka)["retention.bytes"]) < 15e9


def test_what_runs_for_long_has_bounds() -> None:
    """Neither memory nor logs grow until the machine is full."""
    for name, service in SERVICES.items():
        if service.get("restart") == "unless-stopped":
            assert service["mem_limit"], name
            assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}, name


@pytest.mark.parametrize("service", ["migrate", "processor", "collector"])
def test_containers_of_one_machine_need_no_tls_and_others_do(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a warning nor a refusal as it stands; an address elsewhere is looked at."""
    simulator = dict(
        line.split("=", 1)
        for line in (ROOT / "deploy/simulator.env").read_text().splitlines()
        if "=" in line
    )
    given = {**environment(service), **simulator, "SECURITY_REQUIRE_TLS": "true"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert plaintext_connections() == []
    monkeypatch.setenv("SECURITY_REQUIRE_TLS", "false")
    monkeypatch.setenv("DATABASE_URL", "postgresql://flights@db.example/flights")
    assert len(plaintext_connections()) == 1


def test_secrets_are_made_once_and_each_is_for_its_reader(tmp_path: Path) -> None:
    """Whole files that no one else may read; a second start keeps them."""
    made = make_secrets(tmp_path)
    assert set(made) == {"superuser", "flights", "pgpass"}
    assert make_secrets(tmp_path) == made
    passwords = [made["superuser"].strip(), made["flights"].strip()]
    assert len(set(passwords)) == 2
    assert all(len(password) == 32 and quote(password) == password for password in passwords)
    assert made["pgpass"].strip() == f"timescaledb:5432:flights:flights:{passwords[1]}"
    modes = {name: stat.S_IMODE((tmp_path / name).stat().st_mode) for name in made}
    assert modes == {"superuser": 0o440, "flights": 0o440, "pgpass": 0o400}


def test_generated_passwords_replace_those_of_before(server_folder: Path, tmp_path: Path) -> None:
    """The files that the service `roles` runs, in its order, where passwords are asked for."""
    made = make_secrets(tmp_path)
    passwords = tmp_path / "passwords.sql"
    text = (ROOT / "deploy/passwords.sql").read_text()
    passwords.write_text(text.replace("/secrets", str(tmp_path)))
    named = [word for word in SERVICES["roles"]["command"] if word.startswith("--file=/sql/")]
    files = [word.replace("/sql/", f"{ROOT}/migrations/sql/") for word in named]
    assert len(files) == 2
    with EmbeddedDatabase(server_folder / "data") as database:
        admin = databases.create_database(database.url, "flights")
        psql = [f"{programs_dir(server_user())}/psql", admin, "--quiet", "--set=ON_ERROR_STOP=1"]
        subprocess.run([*psql, *files, f"--file={passwords}"], check=True, cwd=ROOT)
        host = f"127.0.0.1:{database.port}/flights"
        with pytest.raises(Exception, match="password authentication failed"):
            databases.execute(database.url, "SELECT 1")
        for role, name in (("postgres", "superuser"), ("flights", "flights")):
            url = f"postgresql://{role}:{made[name].strip()}@{host}"
            assert fetch_value(url, "SELECT current_user::text") == role
        assert made["flights"].strip() not in database.folder.log_file.read_text()
