"""Install kcat, a client of Kafka for the shell, into the cache, out of Debian's packages."""

from pathlib import Path

from testkit.debian_programs import DebianPrograms

_PROGRAMS = DebianPrograms(
    name="kcat",
    folder="kcat",
    packages=(
        *(
            "kcat",
            "librdkafka1",
            "libyajl2",
            "libc6",
            "libgcc-s1",
            "libstdc++6",
            "zlib1g",
            "libzstd1",
        ),
        *("liblz4-1", "libssl3t64", "libsasl2-2", "libcurl4t64", "libnghttp2-14", "libnghttp3-9"),
        *("libidn2-0", "libunistring5", "librtmp1", "libssh2-1t64", "libpsl5t64", "libldap2"),
        *("libgssapi-krb5-2", "libkrb5-3", "libk5crypto3", "libkrb5support0", "libcom-err2"),
        *("libkeyutils1", "libbrotli1", "libgnutls30t64", "libhogweed6t64", "libnettle8t64"),
        *("libgmp10", "libp11-kit0", "libtasn1-6", "libffi8", "libdb5.3t64"),
    ),
    programs=("usr/bin",),
)

install, unavailable_reason = _PROGRAMS.install, _PROGRAMS.unavailable_reason


def program() -> Path:
    """Return the program, once it is installed."""
    return _PROGRAMS.program("kcat")
