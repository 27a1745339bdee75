"""Requests to a schema registry by Confluent's API, which Apicurio, Karapace and others have."""

import ssl
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx2

from configuration.shared_sections import KafkaSettings
from kafka_client.registry_errors import RegistryRefusedError, RegistryUnavailableError

TIMEOUT_SECONDS = 5.0
"""Longest wait for an answer; the caller tries again."""

NO_SUCH_SCHEMA = 40_403
"""The error code of a schema id that the registry does not have. Any other 404 is an address that
is no registry."""

_MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
_REFUSALS = frozenset({409, 422})


class RegisteredSchema(NamedTuple):
    """A schema of the registry: `AVRO`, `PROTOBUF` or another type, and its text."""

    kind: str
    text: str


class SchemaRegistry:
    """Looks schemas up by id, and registers those of the collector.

    Each request has a connection of its own, because there is one for each schema.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._url = (settings.schema_registry_url or "").rstrip("/")

    def find(self, schema_id: int) -> RegisteredSchema | None:
        """Return the schema with this id; None if the registry has none.

        Raises:
            RegistryUnavailableError: It does not answer as a registry does.
        """
        answer = self._request("GET", f"/schemas/ids/{schema_id}")
        found = _body(answer)
        if answer.status_code == httpx2.codes.NOT_FOUND and (
            found.get("error_code") == NO_SUCH_SCHEMA
        ):
            return None
        if answer.status_code != httpx2.codes.OK or not isinstance(found.get("schema"), str):
            raise self._unavailable(answer)
        return RegisteredSchema(str(found.get("schemaType") or "AVRO"), found["schema"])

    def register(self, subject: str, schema: RegisteredSchema) -> int:
        """Register a schema unless it is there, and return its id.

        Raises:
            RegistryUnavailableError: It does not answer as a registry does.
            RegistryRefusedError: It has another schema there, with which this is not compatible.
        """
        path = f"/subjects/{quote(subject, safe='')}/versions"
        answer = self._request("POST", path, {"schemaType": schema.kind, "schema": schema.text})
        found = _body(answer)
        if answer.status_code in _REFUSALS:
            raise RegistryRefusedError(
                f"the schema registry refuses the schema of subject {subject}"
                f" ({answer.status_code}): {str(found.get('message'))[:500]}. Delete the subject,"
                " or set its compatibility so that this version is allowed"
            )
        if answer.status_code != httpx2.codes.OK or not isinstance(found.get("id"), int):
            raise self._unavailable(answer)
        return int(found["id"])

    def _request(
        self, method: str, path: str, body: dict[str, str] | None = None
    ) -> httpx2.Response:
        headers = {"Accept": f"{_MEDIA_TYPE}, application/json"}
        if body is not None:
            headers["Content-Type"] = _MEDIA_TYPE
        try:
            return httpx2.request(
                method,
                self._url + path,
                json=body,
                headers=headers,
                auth=_credentials(self._settings),
                verify=ssl.create_default_context(cafile=self._settings.ssl_ca_file),
                timeout=TIMEOUT_SECONDS,
            )
        except httpx2.HTTPError as error:
            raise RegistryUnavailableError(
                f"the schema registry {self._url} does not answer:"
                f" {str(error) or type(error).__name__}"
            ) from error
        except OSError as error:
            raise RegistryUnavailableError(
                f"a file of the schema registry's settings cannot be read: {error}"
            ) from error

    def _unavailable(self, answer: httpx2.Response) -> RegistryUnavailableError:
        need = {
            401: "check kafka.schema_registry_username and its password file",
            403: "its user may not read the schema",
            404: "kafka.schema_registry_url may lack a path, as /apis/ccompat/v7 of Apicurio",
        }.get(answer.status_code, "it is tried again")
        return RegistryUnavailableError(
            f"the schema registry {self._url} answers {answer.status_code}: {need}"
        )


def _body(answer: httpx2.Response) -> dict[str, Any]:
    """Return the JSON object of an answer; empty if it is none."""
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _credentials(settings: KafkaSettings) -> tuple[str, str] | None:
    user, file = settings.schema_registry_username, settings.schema_registry_password_file
    return None if user is None or file is None else (user, file.read_text().strip())
