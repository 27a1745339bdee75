"""Both client packages as a user installs them: packed, and unpacked into a folder."""

import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from testkit.services import ROOT
from web.build import node_folder, npm_of

TYPESCRIPT = ROOT / "clients/typescript"
PYTHON = ROOT / "clients/python"
NPM_NAME = "opensky-flight-monitor-client"
_COMPILERS = ROOT / "web/node_modules/.bin"


def node() -> str:
    """Return the Node that builds the page; it is new enough for the package."""
    return str(node_folder() / "node")


def pack_npm(folder: Path) -> Path:
    """Pack the npm package into a folder; return the archive."""
    return folder / _npm(folder, "pack", "--silent", "--pack-destination", str(folder)).split()[-1]


def dry_run(folder: Path) -> str:
    """Return what npm says that it would pack, as JSON."""
    return _npm(folder, "pack", "--silent", "--dry-run", "--json")


def _npm(folder: Path, *words: str) -> str:
    """Run npm without network, in a copy of the package; return what it prints."""
    copy = _copy(TYPESCRIPT, folder / "package-sources", ("src",))
    command = [node(), str(npm_of(node_folder())), *words]
    paths = (str(_COMPILERS), str(node_folder()), *os.get_exec_path())
    return _run(command, copy, {"PATH": os.pathsep.join(paths), "npm_config_offline": "true"})


def install_npm(archive: Path, folder: Path) -> None:
    """Unpack an npm package where Node looks for it from the folder."""
    target = folder / "node_modules" / NPM_NAME
    target.parent.mkdir(exist_ok=True)
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    (folder / "package").rename(target)


def build_wheel(folder: Path) -> Path:
    """Build the wheel of the Python package in a folder, from a copy of its sources."""
    copy = _copy(PYTHON, folder / "wheel-sources", ("src/flight_monitor_client",))
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    _run([*pip, "--wheel-dir", str(folder), str(copy)], folder, {})
    return next(folder.glob("*.whl"))


def _copy(package: Path, target: Path, folders: Sequence[str]) -> Path:
    """Copy the files of a package and of some folders in it; nothing built before comes with it."""
    for place in ("", *folders):
        (target / place).mkdir(parents=True, exist_ok=True)
        for file in (package / place).iterdir():
            if file.is_file():
                (target / place / file.name).write_bytes(file.read_bytes())
    return target


def names_in(archive: Path) -> Sequence[str]:
    """Return the names of the files in a wheel or an npm package."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return sorted(wheel.namelist())
    with tarfile.open(archive) as packed:
        return sorted(packed.getnames())


def _run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
