"""Refuse to start with access settings that contradict each other or expose data."""

import ipaddress
import socket

from configuration.shared_sections import AccessSettings
from processor.errors import FatalError
from processor.settings import ProcessorSettings


def check_access_settings(settings: ProcessorSettings) -> None:
    """Check that the settings of access control do not contradict each other.

    Raises:
        FatalError: They do; the error names the settings and the remedy.
    """
    access = settings.access
    has_keys, has_tokens = access.keys_file is not None, _has_tokens(access)
    if access.mode != "required" and (has_keys or has_tokens):
        raise FatalError(
            f"access.mode is {access.mode}, which checks no credentials, but keys or tokens are "
            "configured: "
            "set access.mode to required, or take access.keys_file and access.jw* away"
        )
    if access.mode == "required" and not (has_keys or has_tokens):
        raise FatalError(
            "access.mode is required, but no client could authenticate: set access.keys_file, or "
            "access.jwt_issuer with access.jwt_audience and access.jwks_url"
        )
    if has_tokens:
        _check_token_settings(access)
    if access.mode == "required" and "*" in settings.sse.allowed_origins:
        raise FatalError(
            "sse.allowed_origins is * while access.mode is required: name the origins that "
            "may read, as https://example.org"
        )


def check_exposure(listener: socket.socket, access: AccessSettings) -> None:
    """Check that other machines can reach the server only if the settings allow it.

    The address that the socket is bound to is checked, since http.host may be a name. The socket is
    closed if the check fails.

    Raises:
        FatalError: Others can reach the server; the error names the address and the remedies.
    """
    address = listener.getsockname()[0]
    if access.mode != "loopback" or ipaddress.ip_address(address.partition("%")[0]).is_loopback:
        return
    listener.close()
    raise FatalError(
        f"http.host is {address}, which others can reach, and access.mode is loopback: set "
        "http.host to 127.0.0.1, or access.mode to required (with keys or tokens), or to open if "
        "all who can reach that address may read everything"
    )


def _has_tokens(access: AccessSettings) -> bool:
    given = (access.jwt_issuer, access.jwt_audience, access.jwks_url, access.jwks_file)
    return any(value is not None for value in given)


def _check_token_settings(access: AccessSettings) -> None:
    if access.jwt_issuer is None or access.jwt_audience is None:
        missing = "jwt_issuer" if access.jwt_issuer is None else "jwt_audience"
        raise FatalError(
            f"access.{missing} is missing: a token is checked for its issuer and its audience, so "
            "set both access.jwt_issuer and access.jwt_audience, or none of access.jw*"
        )
    if (access.jwks_url is None) == (access.jwks_file is None):
        raise FatalError(
            "access.jwks_url or access.jwks_file: set one of the two, where the public keys of "
            f"{access.jwt_issuer} are"
        )
    if not access.jwt_algorithms:
        raise FatalError("access.jwt_algorithms is empty: name one at least, such as RS256")
