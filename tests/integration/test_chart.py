"""The Helm chart: valid for Kubernetes, restricted, without secrets, and with settings that exist.

Helm itself runs in `make nightly`; in the gate its committed output is checked, and that the chart
has not changed since.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from configuration.loading import load_settings
from processor.command_line import read_arguments
from standalone.settings import AllSettings
from testkit import chart
from testkit.chart_tools_install import KUBERNETES, install_helm, kubeconform
from testkit.metrics_page import PAGE

Object = dict[str, Any]

# They come with operators, so Kubernetes has no schema of them.
CUSTOM = {"ScaledObject", "ServiceMonitor", "PrometheusRule"}
NAMES = sorted(chart.VALUES)


def objects(name: str) -> list[Object]:
    """Return what is rendered."""
    return [each for each in yaml.safe_load_all(chart.rendered_file(name).read_text()) if each]


def pods(name: str) -> Iterator[tuple[str, Object]]:
    """Give the specification of each kind of pod, by its part."""
    for each in objects(name):
        if each["kind"] in {"Deployment", "Job"}:
            yield (
                each["metadata"]["name"].removeprefix("monitor-"),
                each["spec"]["template"]["spec"],
            )


def validate(version: str, *files: Path) -> "subprocess.CompletedProcess[str]":
    command = [*kubeconform(), "-kubernetes-version", version, "-skip", ",".join(sorted(CUSTOM))]
    return subprocess.run(
        [*command, *map(str, files)], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_chart_is_rendered_as_it_stands(name: str) -> None:
    text = chart.rendered_file(name).read_text()
    assert text.startswith(f"# {chart.digest()};"), "run `python -m testkit.chart`"


@pytest.mark.real_kubeconform
@pytest.mark.parametrize("version", KUBERNETES)
def test_kubernetes_takes_it(version: str, tmp_path: Path) -> None:
    """The oldest version and the newest; a misspelt field and a wrong type are refused."""
    done = validate(version, *map(chart.rendered_file, NAMES))
    assert done.returncode == 0, done.stdout
    text = chart.rendered_file("default").read_text()
    for before, after in (
        ("maxUnavailable: 1\n", "maxUnavailabel: 1\n"),
        ("replicas: 2", "replicas: x"),
    ):
        assert before in text
        wrong = tmp_path / "wrong.yaml"
        wrong.write_text(text.replace(before, after, 1))
        refused = validate(version, wrong)
        assert refused.returncode == 1, after
        assert "is invalid" in refused.stdout


def test_all_kinds_are_there() -> None:
    """Three workloads and the migration, and each optional object when it is switched on."""
    assert {part for part, _ in pods("default")} == {"archive", "live", "collector", "migration"}
    optional = {"Ingress", "HorizontalPodAutoscaler", *CUSTOM}
    kinds = {name: {each["kind"] for each in objects(name)} for name in NAMES}
    assert kinds["all"] - kinds["default"] == optional
    assert {"NetworkPolicy", "PodDisruptionBudget"} <= kinds["default"]


@pytest.mark.parametrize("name", NAMES)
def test_pods_are_restricted(name: str) -> None:
    """By the Pod Security Standard of that name, with a read-only root and bounded memory."""
    for _, pod in pods(name):
        context = pod["securityContext"]
        assert context["runAsNonRoot"]
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        [container] = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]


def values_of(container: Object) -> dict[str, str]:
    """Return the variables as they are in the pod; those of Secrets have a usable value."""
    secret = {
        "DATABASE_URL": "postgresql://flights@db/flights?sslmode=verify-full",
    }
    return {
        each["name"]: each.get("value") or secret.get(each["name"], "from-a-secret")
        for each in container["env"]
    }


@pytest.mark.parametrize("name", NAMES)
def test_settings_exist_and_secrets_are_named_only(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """config.yaml and the variables are what the services read; passwords come from Secrets."""
    [config] = {
        each["data"]["config.yaml"] for each in objects(name) if each["kind"] == "ConfigMap"
    }
    (tmp_path / "config.yaml").write_text(config)
    known = {
        f"{section}_{key}".upper()
        for section, field in AllSettings.model_fields.items()
        for key in getattr(field.annotation, "model_fields", {})
    }
    for part, pod in pods(name):
        [container] = pod["containers"]
        variables = values_of(container)
        assert set(variables) <= known, part
        for each in container["env"]:
            is_secret = each["name"] in {
                "DATABASE_URL",
                "OPENSKY_CLIENT_SECRET",
                "KAFKA_SASL_PASSWORD",
            }
            assert not is_secret or set(each) == {"name", "valueFrom"}
        with monkeypatch.context() as patch:
            for variable, value in variables.items():
                patch.setenv(variable, value)
            load_settings(AllSettings, tmp_path / "config.yaml")
    assert not any(each["kind"] == "Secret" for each in objects(name))


def test_commands_and_probes_are_those_of_the_services(monkeypatch: pytest.MonkeyPatch) -> None:
    """Roles exist; /health decides on a restart, /ready on traffic."""
    found = dict(pods("default"))
    for role in ("archive", "live"):
        [container] = found[role]["containers"]
        assert container["command"][:3] == ["python", "-m", "processor"]
        monkeypatch.setattr("sys.argv", container["command"][2:])
        assert read_arguments().role == role
        probes = {
            name: container[f"{name}Probe"]["httpGet"]["path"] for name in ("liveness", "readiness")
        }
        assert probes == {"liveness": "/health", "readiness": "/ready"}
    assert found["collector"]["containers"][0]["command"] == ["python", "-m", "collector"]
    assert found["migration"]["containers"][0]["command"] == ["alembic", "upgrade", "head"]


def test_it_scales_by_what_the_services_say() -> None:
    """KEDA looks at the archive's own group and topic, the autoscaler at a metric that exists."""
    [scaled] = [each for each in objects("all") if each["kind"] == "ScaledObject"]
    [autoscaler] = [each for each in objects("all") if each["kind"] == "HorizontalPodAutoscaler"]
    trigger = scaled["spec"]["triggers"][0]["metadata"]
    kafka = AllSettings().kafka
    assert (trigger["consumerGroup"], trigger["topic"]) == (kafka.group_id, kafka.topic)
    metric = autoscaler["spec"]["metrics"][0]["pods"]["metric"]["name"]
    assert f"{metric}`" in PAGE.read_text()
    scaled_parts = {each["metadata"]["name"] for each in (scaled, autoscaler)}
    for each in objects("all"):
        if each["kind"] == "Deployment" and each["metadata"]["name"] in scaled_parts:
            assert "replicas" not in each["spec"]


@pytest.mark.nightly
@pytest.mark.timeout(900)  # Go builds Helm first
def test_helm_renders_it_so_and_refuses_secrets() -> None:
    """The committed files are its output, and the schema of the values counts."""
    install_helm()
    for name, options in chart.VALUES.items():
        assert chart.render(name) == chart.rendered_file(name).read_text()
        linted = chart.run_helm("lint", "--strict", str(chart.CHART), *options)
        assert linted.returncode == 0, linted.stdout
    for wrong in ("config.kafka.sasl_password=x", "config.database.url=x", "archive.replica=2"):
        refused = chart.run_helm("template", str(chart.CHART), "--set", wrong)
        assert refused.returncode != 0
        assert "don't meet the specifications" in refused.stderr
