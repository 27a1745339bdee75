"""Install Apache Kafka into the cache: its jars, resolved by Maven."""

import re
import shutil
import subprocess
from pathlib import Path

from testkit.cache import PartUnavailableError, cache_dir, installing

_POM = Path(__file__).with_name("pom.xml")
_JAVA_VERSION_MIN = 17
_INSTALL_TIMEOUT_S = 600.0
_REMEDY = "install Kafka with `python -m testkit.install`"


def kafka_version() -> str:
    """The version that pom.xml names."""
    found = re.search(r"<kafka\.version>([^<]+)<", _POM.read_text())
    if found is None:
        raise ValueError(f"{_POM} has no <kafka.version>: add it to its properties")
    return found[1]


def jars_dir() -> Path:
    """The folder that holds the jars once they are installed."""
    return cache_dir() / f"kafka-{kafka_version()}"


def unavailable_reason() -> str | None:
    """Why Kafka cannot be started here, with the remedy; None if it can."""
    if missing := no_java():
        return missing
    return None if jars_dir().exists() else f"Kafka is not in {jars_dir()}: {_REMEDY}"


def install() -> Path:
    """Install Kafka unless it is installed, and give the folder of its jars.

    Raises:
        PartUnavailableError: Java or Maven is missing, or Maven failed.
    """
    if jars_dir().exists():
        return jars_dir()
    if missing := no_java() or no_maven():
        raise PartUnavailableError(missing)
    with installing(jars_dir()) as folder:
        if folder is not None:
            copy_jars(_POM, folder)
    return jars_dir()


def no_java() -> str | None:
    """Why no Java can be used here, with the remedy; None if one can."""
    java = shutil.which("java")
    if java is None:
        return f"java is not on the PATH: install Java {_JAVA_VERSION_MIN} or newer"
    printed = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', printed)
    if found is None or int(found[1]) < _JAVA_VERSION_MIN:
        return (
            f"{java} is {printed.splitlines()[:1]}, Java {_JAVA_VERSION_MIN} or newer is needed:"
            " install it and put it first on the PATH"
        )
    return None


def no_maven() -> str | None:
    """Why Maven cannot be used here, with the remedy; None if it can."""
    return None if shutil.which("mvn") else "mvn is not on the PATH: install Maven 3.8 or newer"


def copy_jars(source: Path, folder: Path) -> None:
    """Copy what a pom names, of Kafka's version, into a folder.

    Raises:
        PartUnavailableError: Maven failed.
    """
    # A copy of the pom, so that Maven leaves no target folder beside the original.
    pom = folder / "pom.xml"
    shutil.copy(source, pom)
    command = [
        *("mvn", "--batch-mode", "--quiet", "-Dstyle.color=never", "--file", str(pom)),
        "dependency:copy-dependencies",
        f"-Dkafka.version={kafka_version()}",
        "-DincludeScope=runtime",
        f"-DoutputDirectory={folder}",
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_INSTALL_TIMEOUT_S
        )
    except subprocess.TimeoutExpired as error:
        raise PartUnavailableError(
            f"Maven was not done after {_INSTALL_TIMEOUT_S:.0f} s: check the network and try again"
        ) from error
    if done.returncode != 0:
        errors = re.findall(r"\[ERROR\] (.+)", done.stdout) or ["no message"]
        raise PartUnavailableError(
            f"Maven could not get Kafka {kafka_version()} ({errors[0]}):"
            " check the network and Maven's settings.xml, then try again"
        )
