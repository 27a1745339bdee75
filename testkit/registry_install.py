"""Install Apicurio Registry, a schema registry, into the cache: its distribution, by Maven."""

import hashlib
import subprocess
import tarfile
from pathlib import Path

from testkit.cache import PartUnavailableError, cache_dir, installing
from testkit.kafka_install import no_java, no_maven

VERSION = "2.6.13.Final"
"""The newest that runs on Java 17; 3.x needs Java 21."""

SHA256 = "3cda1b34aa020fb4ac4dd6a66018d757e81e437f97e20a1f92d366b70091c6ba"

_ARCHIVE = f"apicurio-registry-app-{VERSION}-all.tar.gz"
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:2.8:copy"
_INSTALL_TIMEOUT_S = 600.0


def jar() -> Path:
    """The program, once it is installed."""
    return _target() / f"apicurio-registry-app-{VERSION}-runner.jar"


def unavailable_reason() -> str | None:
    """Why the registry cannot be started here, with the remedy; None if it can."""
    if missing := no_java():
        return missing
    remedy = "install it with `python -m testkit.install`"
    return None if jar().exists() else f"Apicurio Registry is not in {_target()}: {remedy}"


def install() -> Path:
    """Install the registry unless it is installed, and give its folder.

    Raises:
        PartUnavailableError: Java or Maven is missing, Maven failed, or the file is another one.
    """
    if missing := no_java() or no_maven():
        raise PartUnavailableError(missing)
    with installing(_target()) as folder:
        if folder is not None:
            _unpack(_download(folder), folder)
    return _target()


def _target() -> Path:
    return cache_dir() / f"apicurio-{VERSION}"


def _download(folder: Path) -> Path:
    artifact = f"io.apicurio:apicurio-registry-app:{VERSION}:tar.gz:all"
    command = [
        *("mvn", "--batch-mode", "--quiet", "-Dstyle.color=never", _COPY),
        *(f"-Dartifact={artifact}", f"-DoutputDirectory={folder}"),
    ]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=_INSTALL_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired as error:
        raise PartUnavailableError(
            f"Maven was not done after {_INSTALL_TIMEOUT_S:.0f} s: check the network and try again"
        ) from error
    if done.returncode != 0:
        raise PartUnavailableError(
            f"Maven could not get {artifact} ({done.stdout[:500]}):"
            " check the network and Maven's settings.xml, then try again"
        )
    return folder / _ARCHIVE


def _unpack(archive: Path, folder: Path) -> None:
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise PartUnavailableError(f"{_ARCHIVE} has the SHA-256 {found}, not {SHA256}")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    archive.unlink()
