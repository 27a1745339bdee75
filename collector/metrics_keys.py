"""Check the API keys with which the metrics are read, where access control is on."""

import datetime as dt
import hashlib
import hmac
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import structlog
import yaml
from pydantic import SecretStr

from configuration.errors import SettingsError
from configuration.file_signature import file_signature

log = structlog.get_logger()

SCOPE = "metrics"


class Refusal(NamedTuple):
    """Why a request is refused, as the processor says it: status, code and a sentence."""

    status: Literal[401, 403]
    error: str
    reason: str


_MISSING = Refusal(401, "missing", "an API key is needed, as `Authorization: Bearer …`")
_UNKNOWN = Refusal(401, "invalid_token", "the API key is unknown")
_EXPIRED = Refusal(401, "invalid_token", "the API key has expired")
_WITHOUT_SCOPE = Refusal(403, "insufficient_scope", f"the scope {SCOPE} is needed for this")
_NO_FILE = Refusal(
    401,
    "invalid_token",
    "the collector cannot check tokens of an issuer: set access.keys_file or access.metrics_token",
)


class _Key(msgspec.Struct, frozen=True):
    """What counts here of an entry of the file; the processor checks all of it."""

    sha256: str
    scopes: list[str]
    expires: dt.date | None = None
    """The first day, in UTC, on which the key is refused."""


class MetricsKeys:
    """The keys of `access.keys_file`. It is read again when it changes, without a restart.

    Args:
        path: The file; None if there is none.
        token: `access.metrics_token`, which admits as well; None if there is none.
        clock: Unix time in seconds.

    Raises:
        SettingsError: The file cannot be used.
    """

    def __init__(
        self,
        path: Path | None,
        token: SecretStr | None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = path
        self._token = None if token is None else token.get_secret_value().encode()
        self._clock = clock
        self._keys: Sequence[_Key] = ()
        self._signature: object = None
        if path is not None:
            self._signature = file_signature(path)
            self._keys = _read(path)

    def refusal(self, authorization: str | None) -> Refusal | None:
        """Return why a request with this header is refused; None if it is admitted."""
        scheme, _, text = (authorization or "").strip().partition(" ")
        if scheme.lower() != "bearer" or not text.strip():
            return _MISSING
        if self._token is not None and hmac.compare_digest(text.strip().encode(), self._token):
            return None
        if self._path is None:
            return _NO_FILE
        self._reload_if_changed(self._path)
        found = hashlib.sha256(text.strip().encode()).hexdigest()
        matching = [key for key in self._keys if hmac.compare_digest(key.sha256, found)]
        if not matching:
            return _UNKNOWN
        return self._judge(matching[0])

    def _judge(self, key: _Key) -> Refusal | None:
        today = dt.datetime.fromtimestamp(self._clock(), dt.UTC).date()
        if key.expires is not None and today >= key.expires:
            return _EXPIRED
        return None if SCOPE in key.scopes else _WITHOUT_SCOPE

    def _reload_if_changed(self, path: Path) -> None:
        """Read the file again if it was replaced; one that cannot be used leaves the keys."""
        signature = file_signature(path)
        if signature == self._signature:
            return
        self._signature = signature
        try:
            self._keys = _read(path)
        except SettingsError as error:
            log.error("api_keys_not_changed", reason=str(error))  # noqa: TRY400 - it is for the user
        else:
            log.info("api_keys_changed", keys=len(self._keys))


def _read(path: Path) -> Sequence[_Key]:
    try:
        found = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
        return msgspec.convert(found, list[_Key])
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SettingsError(
            f"access.keys_file {path}: cannot be used ({error}); `python -m processor key` makes"
            " one"
        ) from error
