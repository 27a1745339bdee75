"""Install kcat, a client of Kafka for the shell, into the cache, out of Debian's packages."""

from pathlib import Path

from testkit import debian_packages
from testkit.cache import PartUnavailableError, cache_dir, installing

_PACKAGES = (
    *("kcat", "librdkafka1", "libyajl2", "libc6", "libgcc-s1", "libstdc++6", "zlib1g", "libzstd1"),
    *("liblz4-1", "libssl3t64", "libsasl2-2", "libcurl4t64", "libnghttp2-14", "libnghttp3-9"),
    *("libidn2-0", "libunistring5", "librtmp1", "libssh2-1t64", "libpsl5t64", "libldap2"),
    *("libgssapi-krb5-2", "libkrb5-3", "libk5crypto3", "libkrb5support0", "libcom-err2"),
    *("libkeyutils1", "libbrotli1", "libgnutls30t64", "libhogweed6t64", "libnettle8t64"),
    *("libgmp10", "libp11-kit0", "libtasn1-6", "libffi8", "libdb5.3t64"),
)
"""The program, and the shared libraries that it loads."""


def program() -> Path:
    """The program, once it is installed."""
    return _target() / "usr/bin/kcat"


def unavailable_reason() -> str | None:
    """Why kcat cannot be run here, with the remedy; None if it can."""
    if unsuitable := debian_packages.unsuitable_machine("kcat"):
        return unsuitable
    remedy = "install it with `python -m testkit.install`"
    return None if program().exists() else f"kcat is not in {_target()}: {remedy}"


def install() -> Path:
    """Install kcat unless it is installed, and give its folder.

    Raises:
        PartUnavailableError: The machine is not suitable, or its mirror does not answer.
    """
    if unsuitable := debian_packages.unsuitable_machine("kcat"):
        raise PartUnavailableError(unsuitable)
    with installing(_target()) as folder:
        if folder is not None:
            debian_packages.unpack(folder, _PACKAGES)
            debian_packages.wrap_programs(folder / "usr/bin", root=_target())
    return _target()


def _target() -> Path:
    return cache_dir() / f"kcat-debian-{debian_packages.SUITE}"
