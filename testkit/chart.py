"""Render the Helm chart as it is committed for the gate: `python -m testkit.chart`.

Helm takes minutes to build, so tests look at what it rendered. The first line of each file has a
digest of the chart, so a chart that has changed since is noticed.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

from testkit.chart_tools_install import KUBERNETES, helm, install_helm
from testkit.services import ROOT

CHART = ROOT / "deploy/helm/opensky-flight-monitor"
RENDERED = ROOT / "tests/helm"
VALUES = {"default": [], "all": ["--values", str(RENDERED / "all.values.yaml")]}
"""By the name of the rendered file, the options that name its values."""


def digest() -> str:
    """Return a digest of what the rendered files depend on."""
    found = hashlib.sha256()
    files = sorted(path for path in CHART.rglob("*") if path.is_file())
    for path in (*files, RENDERED / "all.values.yaml"):
        found.update(f"{path.relative_to(ROOT)}\n".encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def run_helm(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run Helm, which must be installed, and return what it printed."""
    return subprocess.run(
        [str(helm()), *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def render(name: str) -> str:
    """Return what Helm renders with the values of that name, under the digest.

    Raises:
        RuntimeError: Helm refuses the chart.
    """
    version = ["--kube-version", KUBERNETES[-1]]
    done = run_helm("template", "monitor", str(CHART), *version, *VALUES[name])
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return f"# {digest()}; written by `python -m testkit.chart`\n{done.stdout}"


def rendered_file(name: str) -> Path:
    """Return where the rendered chart is committed."""
    return RENDERED / f"{name}.yaml"


def main() -> int:
    """Write all files."""
    install_helm()
    for name in VALUES:
        rendered_file(name).write_text(render(name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
