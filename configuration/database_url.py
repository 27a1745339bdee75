"""The database's URL as the driver reads it, checked and shown without its password."""

import os
import re
from urllib.parse import parse_qsl, unquote, urlsplit

_SCHEMES = ("postgresql://", "postgres://")
_HOST = re.compile(r"(\[[^\[\]@]+\]|[^:\[\]@]+)(:[0-9]{1,5})?")
_PASSWORD = re.compile(r"(?P<before>//[^:/@]*):.*@")
_PASSWORD_PARAMETER = re.compile(r"(?P<before>[?&])(ssl)?password=[^&]*&?")


def check_url(url: str) -> None:
    """Refuse what the driver could not read; its own errors quote parts of the password.

    Raises:
        ValueError: Saying what is wrong, without anything of the URL.
    """
    if not url.startswith(_SCHEMES):
        raise ValueError("it has to begin with postgresql://")
    try:
        hosts = _written_hosts(url)
        parse_qsl(urlsplit(url).query, strict_parsing=True)
    except ValueError:
        raise ValueError(
            "it cannot be read; postgresql://USER:PASSWORD@HOST:PORT/DATABASE?NAME=VALUE is needed"
        ) from None
    if not all(map(_HOST.fullmatch, hosts)):
        raise ValueError(
            "its host or port cannot be read; in the password write @ as %40, / as %2F, : as %3A"
        )


def without_password(url: str, *, mark: str = "") -> str:
    """Return the URL without its password, also one that cannot be read.

    Args:
        url: Any text.
        mark: What is put in the password's place.
    """
    shown = _PASSWORD.sub(rf"\g<before>{mark}@", url)
    return _PASSWORD_PARAMETER.sub(r"\g<before>", shown).rstrip("?&")


def has_password(url: str) -> bool:
    """Whether it holds a password."""
    return without_password(url) != url.rstrip("?&")


def database_hosts(url: str) -> tuple[str, ...]:
    """Return the hosts that the driver reaches by network.

    A service file is not looked into: its name stands for the hosts that it may hold.
    """
    query = url_parameters(url)
    listed = _written_hosts(url) or _split(query.get("host", ""))
    if not listed and "service" in query:
        return (f"service={query['service']}",)
    listed = listed or _split(os.environ.get("PGHOST", ""))
    hosts = (without_port(unquote(host)) for host in listed)
    return tuple(host for host in hosts if not host.startswith("/"))


def single_host_urls(url: str) -> list[str]:
    """Return the URL once for each host that stands in it before the path, in their order."""
    parts = urlsplit(url)
    hosts = _written_hosts(url)
    user = parts.netloc.partition("@")[0] + "@" if "@" in parts.netloc else ""
    return [parts._replace(netloc=user + host).geturl() for host in hosts] or [url]


def url_parameters(url: str) -> dict[str, str]:
    """Return what stands behind the question mark."""
    return dict(parse_qsl(urlsplit(url).query))


def without_port(server: str) -> str:
    """Return the host of `host:port`, without the brackets of IPv6; a socket's path as it is."""
    if server.startswith("["):
        return server[1:].partition("]")[0]
    return server if server.startswith("/") else server.partition(":")[0]


def _written_hosts(url: str) -> list[str]:
    authority = urlsplit(url).netloc
    # The driver takes all behind the first @, unlike urlsplit.
    return _split(authority.partition("@")[2] if "@" in authority else authority)


def _split(hosts: str) -> list[str]:
    return [host for host in hosts.split(",") if host]
