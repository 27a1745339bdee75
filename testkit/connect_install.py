"""Install Kafka Connect with its file sink into the cache: its jars, resolved by Maven."""

from pathlib import Path

from testkit.cache import PartUnavailableError, cache_dir, installing
from testkit.kafka_install import copy_jars, kafka_version, no_java, no_maven

_POM = Path(__file__).with_name("connect.pom.xml")


def jars_dir() -> Path:
    """The folder that holds the jars once they are installed."""
    return cache_dir() / f"connect-{kafka_version()}"


def unavailable_reason() -> str | None:
    """Why Kafka Connect cannot be started here, with the remedy; None if it can."""
    if missing := no_java():
        return missing
    remedy = "install it with `python -m testkit.install`"
    return None if jars_dir().exists() else f"Kafka Connect is not in {jars_dir()}: {remedy}"


def install() -> Path:
    """Install Kafka Connect unless it is installed, and give the folder of its jars.

    Raises:
        PartUnavailableError: Java or Maven is missing, or Maven failed.
    """
    if missing := no_java() or no_maven():
        raise PartUnavailableError(missing)
    with installing(jars_dir()) as folder:
        if folder is not None:
            copy_jars(_POM, folder)
    return jars_dir()
