"""JSON responses, and how OpenAPI describes them and the errors of the history."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec
from fastapi import Response

from processor.http.access.error_responses import (
    INVALID_HOST,
    NOT_ADMITTED,
    OVERLOADED,
    RETRY_AFTER_HEADER,
)

_REFERENCE = "#/$defs/"

_VALIDATION_ERROR: Mapping[str, Any] = {
    "type": "object",
    "required": ["detail"],
    "properties": {
        "detail": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["type", "loc", "msg"],
                "properties": {
                    "type": {"type": "string"},
                    "loc": {
                        "type": "array",
                        "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                    },
                    "msg": {"type": "string"},
                },
            },
        }
    },
}
"""The body of FastAPI's own validation errors."""

_ACCESS_ERROR = NOT_ADMITTED[401]["content"]["application/json"]["schema"]


def _error(text: str, *others: Mapping[str, Any]) -> dict[str, Any]:
    schema = {"anyOf": [_VALIDATION_ERROR, *others]} if others else _VALIDATION_ERROR
    return {"description": text, "content": {"application/json": {"schema": schema}}}


_ERRORS: Mapping[int, dict[str, Any]] = {
    400: _error(
        "The time range is longer than one response covers: `msg` says how to split it. Or the"
        " Host header names a host that is not served here.",
        _ACCESS_ERROR,
    ),
    404: _error("There is no such aircraft or flight."),
    413: _error("The response would be larger or take longer than allowed; `msg` gives the limit."),
    422: _error("A parameter cannot be used; `loc` names it."),
    503: _error(
        "The database is not answering, or credentials cannot be checked; retry in a few seconds.",
        _ACCESS_ERROR,
    )
    | {"headers": RETRY_AFTER_HEADER},
    429: OVERLOADED[429],
}


def respond(content: object) -> Response:
    """Encode a value as JSON. No cache may keep the response: the next one may differ."""
    return respond_encoded(msgspec.json.encode(content))


def respond_encoded(body: bytes, media_type: str = "application/json") -> Response:
    """Respond with a body that is encoded already."""
    return Response(body, media_type=media_type, headers={"Cache-Control": "no-store"})


def describe_responses(
    text: str,
    schema: Mapping[str, Any],
    *,
    statuses: Iterable[int],
    media_types: Iterable[str] = (),
    files: Mapping[int | str, Mapping[str, Any]] = MappingProxyType({}),
) -> dict[int | str, dict[str, Any]]:
    """Describe the responses of a route of the history.

    Args:
        text: What a response with status 200 holds.
        schema: The JSON Schema of its body.
        statuses: The error statuses that the route may respond with.
        media_types: Further media types under which a body of the same schema is sent.
        files: The responses of downloads, if the route offers files as well.
    """
    content = {kind: {"schema": schema} for kind in ("application/json", *media_types)}
    if files:
        content |= files[200]["content"]
    return {
        200: {"description": text, "content": content},
        **INVALID_HOST,
        **{status: _ERRORS[status] for status in statuses},
        **NOT_ADMITTED,
    }


def schema_of(type_: type) -> dict[str, Any]:
    """Return the JSON Schema of a type without references, as OpenAPI takes it in place."""
    schema = msgspec.json.schema(type_)
    resolved: dict[str, Any] = _resolved(schema, schema.pop("$defs", {}))
    return resolved


def _resolved(schema: Any, definitions: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    if isinstance(schema, list):
        return [_resolved(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _resolved(definitions[schema["$ref"].removeprefix(_REFERENCE)], definitions)
    return {key: _resolved(value, definitions) for key, value in schema.items()}
