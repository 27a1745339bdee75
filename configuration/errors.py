"""What is wrong with settings: key, value unless it may be secret, and what is allowed."""

import difflib

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails


class SettingsError(Exception):
    """The settings cannot be used: show the user the text, which names key and remedy, and stop."""


Root = type[BaseModel]
"""All settings, by sections."""


def explain(root: Root, error: ErrorDetails) -> str:
    """Turn one finding of pydantic into: key, value, what is allowed."""
    path = [str(part) for part in error["loc"]]
    key = ".".join(path)
    if error["type"] == "extra_forbidden":
        return f"{key}: unknown setting{_nearest(root, path)}"
    # A section's own input holds the secrets of its settings.
    is_shown = not (_is_secret(root, path) or fields_below(root, path))
    shown = repr(error["input"]) if is_shown else "(not shown)"
    return f"{key}: {shown} cannot be used: {error['msg']}"


def place_of(error: yaml.YAMLError) -> str:
    """Return what is wrong and where; the error's own text quotes the line, with its secrets."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return "it holds characters that YAML does not allow"
    mark = error.problem_mark
    return f"{error.problem} in line {mark.line + 1}, column {mark.column + 1}"


def fields_below(root: Root, path: list[str]) -> dict[str, FieldInfo]:
    """Return the settings that a section has, by name; none where the path is not a section."""
    fields: dict[str, FieldInfo] = dict(root.model_fields)
    for part in path:
        annotation = fields[part].annotation if part in fields else None
        is_section = isinstance(annotation, type) and issubclass(annotation, BaseModel)
        fields = dict(annotation.model_fields) if is_section else {}  # type: ignore[union-attr]
    return fields


def _nearest(root: Root, path: list[str]) -> str:
    allowed = sorted(fields_below(root, path[:-1]))
    close = difflib.get_close_matches(path[-1], allowed, n=1)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; allowed here: {', '.join(allowed)}" if allowed else ""


def _is_secret(root: Root, path: list[str]) -> bool:
    field = fields_below(root, path[:-1]).get(path[-1])
    return field is not None and "SecretStr" in str(field.annotation)
