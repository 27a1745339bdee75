"""Answers in JSON, and how OpenAPI describes them and what else may be answered."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec
from fastapi import Response

from processor.http.access.gate_middleware import OTHER_HOST, OVER_SHARE, REFUSALS, RETRY_AFTER

_REFERENCE = "#/$defs/"

_PROBLEM: Mapping[str, Any] = {
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


_REFUSAL = REFUSALS[401]["content"]["application/json"]["schema"]


def _problem(text: str, *others: Mapping[str, Any]) -> dict[str, Any]:
    schema = {"anyOf": [_PROBLEM, *others]} if others else _PROBLEM
    return {"description": text, "content": {"application/json": {"schema": schema}}}


_REFUSED: Mapping[int, dict[str, Any]] = {
    400: _problem(
        "More time is asked for than one answer covers: the text says how to split. Or Host names"
        " no host that is served here.",
        _REFUSAL,
    ),
    404: _problem("There is no such aircraft or flight."),
    413: _problem("The answer is larger or slower than allowed; the text says the limit."),
    422: _problem("A parameter cannot be used; `loc` names it."),
    503: _problem("The database, or who knows who asks, does not answer now.", _REFUSAL)
    | {"headers": RETRY_AFTER},
    429: OVER_SHARE[429],
}


def answer(content: object) -> Response:
    """Write an answer, which no cache may keep: the next moment it may be another."""
    return json_response(msgspec.json.encode(content))


def json_response(body: bytes, media_type: str = "application/json") -> Response:
    """Answer what is written already."""
    return Response(body, media_type=media_type, headers={"Cache-Control": "no-store"})


def describe_answers(
    text: str,
    schema: Mapping[str, Any],
    *,
    statuses: Iterable[int],
    media_types: Iterable[str] = (),
    files: Mapping[int | str, Mapping[str, Any]] = MappingProxyType({}),
) -> dict[int | str, dict[str, Any]]:
    """Describe what a question to the history may be answered with.

    Args:
        text: What the answer is.
        schema: Of its JSON.
        statuses: Those of the refusals.
        media_types: Others under which the same schema is answered.
        files: What downloads answer.
    """
    content = {kind: {"schema": schema} for kind in ("application/json", *media_types)}
    if files:
        content |= files[200]["content"]
    return {
        200: {"description": text, "content": content},
        **OTHER_HOST,
        **{status: _REFUSED[status] for status in statuses},
        **REFUSALS,
    }


def schema_of(type_: type) -> dict[str, Any]:
    """Return a type's JSON Schema, all in one piece, as OpenAPI takes it in place."""
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
