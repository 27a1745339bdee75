"""Asks OSV what is known against the locked dependencies: `python -m testkit.advisories`."""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import httpx

from testkit.services import ROOT

OSV = "https://api.osv.dev/v1/querybatch"
MOST_QUERIES = 1_000
"""In one request to OSV (https://google.github.io/osv.dev/post-v1-querybatch/)."""

TIMEOUT_S = 20.0
CLEAN, FOUND, NOT_CHECKED = 0, 1, 3
"""Exit statuses."""

PYTHON_LOCKS = ("requirements-dev.lock", "deploy/sbom.lock", "web/requirements.lock")
"""The first one contains all of requirements.lock and requirements-standalone.lock."""

NODE_LOCK = "web/package-lock.json"

ACCEPTED: dict[str, str] = {}
"""Advisories that do not apply here, each with the reason."""

_EPILOG = """\
It sends the names and versions of the lock files to https://api.osv.dev, the database of the Python
Packaging Authority's, GitHub's and other advisories. Exit status: 0 if nothing is known, 1 if
something is, 3 if the service could not be asked.
"""


class Package(NamedTuple):
    """A locked dependency; `ecosystem` is OSV's name of the registry."""

    ecosystem: str
    name: str
    version: str


def locked_packages(folder: Path = ROOT) -> list[Package]:
    """Return what the lock files name, without repetition."""
    found: set[Package] = set()
    for lock in PYTHON_LOCKS:
        found.update(python_packages((folder / lock).read_text()))
    found.update(node_packages((folder / NODE_LOCK).read_text()))
    return sorted(found)


def python_packages(lock: str) -> Iterator[Package]:
    """Yield the packages of a requirements file with versions."""
    for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock, re.MULTILINE):
        yield Package("PyPI", name, version)


def node_packages(lock: str) -> Iterator[Package]:
    """Yield the packages of a package-lock.json."""
    for path, described in json.loads(lock)["packages"].items():
        if path:
            _, _, name = path.rpartition("node_modules/")
            yield Package("npm", described.get("name", name), described["version"])


def known_against(
    packages: Sequence[Package], client: httpx.Client
) -> list[tuple[Package, list[str]]]:
    """Return the packages that OSV knows something of, and the ids of its advisories.

    Raises:
        httpx.HTTPError: The service does not answer, or refuses.
    """
    found = []
    for begin in range(0, len(packages), MOST_QUERIES):
        some = packages[begin : begin + MOST_QUERIES]
        queries = [
            {"package": {"ecosystem": ecosystem, "name": name}, "version": version}
            for ecosystem, name, version in some
        ]
        answer = client.post(OSV, json={"queries": queries}).raise_for_status().json()
        for package, result in zip(some, answer["results"], strict=True):
            ids = [each["id"] for each in result.get("vulns", ()) if each["id"] not in ACCEPTED]
            found += [(package, ids)] if ids else []
    return found


def main() -> int:
    """Print what is known, or why that could not be asked."""
    argparse.ArgumentParser(
        prog="python -m testkit.advisories",
        description="Look up what is known against the locked dependencies.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()
    packages = locked_packages()
    try:
        with httpx.Client(timeout=TIMEOUT_S) as client:
            found = known_against(packages, client)
    except httpx.HTTPError as error:
        sys.stderr.write(f"{len(packages)} dependencies not checked: {OSV}: {error}\n")
        return NOT_CHECKED
    for (ecosystem, name, version), ids in found:
        addresses = ", ".join(f"https://osv.dev/{each}" for each in ids)
        sys.stdout.write(f"{ecosystem} {name} {version}: {addresses}\n")
    sys.stdout.write(f"{len(found)} of {len(packages)} dependencies have advisories\n")
    return FOUND if found else CLEAN


if __name__ == "__main__":
    sys.exit(main())
