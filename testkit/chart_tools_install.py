"""Install kubeconform with Kubernetes' schemas, and Helm, into the cache: what checks the chart.

Helm takes minutes of processor time to build, so only what renders the chart installs it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from testkit.cache import PartUnavailableError, cache_dir, installing

KUBERNETES = ("1.30.0", "1.37.0")
"""The oldest version that the chart takes, and the newest that there are schemas of."""

_KUBECONFORM = "github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0"
_HELM = "helm.sh/helm/v3/cmd/helm@v3.22.0"
# The only package of an index that carries the schemas of Kubernetes as files.
_SCHEMAS = (
    "kubernetes-validate==1.37.0"
    " --hash=sha256:85136d018a27b50ec7fc049d902bfa5193f5976807e6c0f408e3ab6fe078cad9\n"
)
_KINDS = (
    *("configmap-v1", "service-v1", "deployment-apps-v1", "job-batch-v1", "ingress-networking-v1"),
    *("networkpolicy-networking-v1", "poddisruptionbudget-policy-v1"),
    "horizontalpodautoscaler-autoscaling-v2",
)
"""What the chart may contain; another kind fails as one without a schema."""

_REMEDY = "install it with `python -m testkit.install`"
_BUILD_TIMEOUT_S = 900.0


def kubeconform() -> list[str]:
    """Return the command, but for the version of Kubernetes and the files."""
    schemas = "{{ .NormalizedKubernetesVersion }}/{{ .ResourceKind }}{{ .KindSuffix }}.json"
    return [
        str(_conform() / "kubeconform"),
        "-strict",
        "-schema-location",
        f"{_conform()}/{schemas}",
    ]


def helm() -> Path:
    """Return the program, once it is installed."""
    return _helm() / "helm"


def unavailable_reason() -> str | None:
    """Why kubeconform cannot be run here, with the remedy; None if it can."""
    return None if _conform().exists() else f"kubeconform is not in {_conform()}: {_REMEDY}"


def install() -> Path:
    """Install kubeconform and the schemas unless they are installed, and give their folder.

    Raises:
        PartUnavailableError: Go is missing, or a registry does not answer.
    """
    with installing(_conform()) as folder:
        if folder is not None:
            _build(_KUBECONFORM, folder)
            _unpack_schemas(folder)
    return _conform()


def install_helm() -> Path:
    """Install Helm unless it is installed, and give the program.

    Raises:
        PartUnavailableError: Go is missing, or its proxy does not answer.
    """
    with installing(_helm()) as folder:
        if folder is not None:
            _build(_HELM, folder)
    return helm()


def _conform() -> Path:
    return cache_dir() / f"kubeconform-{_KUBECONFORM.partition('@')[2]}-kubernetes-{KUBERNETES[-1]}"


def _helm() -> Path:
    return cache_dir() / f"helm-{_HELM.partition('@')[2]}"


def _build(package: str, folder: Path) -> None:
    if shutil.which("go") is None:
        raise PartUnavailableError(
            f"{package} is built by Go, which is not on the PATH: install it"
        )
    _run(["go", "install", package], GOBIN=str(folder))


def _unpack_schemas(folder: Path) -> None:
    downloaded = folder / "download"
    downloaded.mkdir()
    wanted = downloaded / "requirements.txt"
    wanted.write_text(_SCHEMAS)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    _run([*pip, "--dest", str(downloaded), "--requirement", str(wanted)])
    [wheel] = downloaded.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for version in KUBERNETES:
            _unpack_version(archive, version, folder / f"v{version}")
    shutil.rmtree(downloaded)


def _unpack_version(archive: zipfile.ZipFile, version: str, target: Path) -> None:
    """Write the schemas of a version, each with the definitions that it needs and no others.

    With all of them, which are megabytes, kubeconform takes seconds for each object.
    """
    target.mkdir()
    within = f"kubernetes_validate/kubernetes-json-schema/v{version}-local-strict"
    definitions = json.loads(archive.read(f"{within}/_definitions.json"))["$defs"]
    for name in _KINDS:
        text = archive.read(f"{within}/{name}.json").decode()
        schema = json.loads(text.replace('"/api/_definitions.json#', '"#'))
        # It would be the address that references are relative to.
        schema.pop("$id", None)
        needed: dict[str, Any] = {}
        _add_needed(json.dumps(schema), definitions, needed)
        (target / f"{name}.json").write_text(json.dumps({**schema, "$defs": needed}))


def _add_needed(text: str, definitions: dict[str, Any], needed: dict[str, Any]) -> None:
    for name in re.findall(r'"#/\$defs/([^"]+)"', text):
        if name not in needed:
            needed[name] = definitions[name]
            _add_needed(json.dumps(definitions[name]), definitions, needed)


def _run(command: list[str], **environment: str) -> None:
    done = subprocess.run(
        command,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=_BUILD_TIMEOUT_S,
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise PartUnavailableError(f"`{' '.join(command[:4])}` failed ({last}): check the network")
