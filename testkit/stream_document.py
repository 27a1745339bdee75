"""Reads docs/asyncapi.yaml: follows references and validates payloads."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

PATH = Path("docs/asyncapi.yaml")
_NAME = "urn:document"

Pointer = str
"""A reference into the document, such as `#/components/schemas/Id`."""


@cache
def document() -> Mapping[str, Any]:
    """Return the whole document."""
    read: Mapping[str, Any] = yaml.safe_load(PATH.read_text())
    return read


def look_up(pointer: Pointer) -> Any:  # noqa: ANN401 - whatever is there
    """Return the node at a reference.

    Raises:
        KeyError: Nothing is.
    """
    found: Any = document()
    for part in pointer.removeprefix("#/").split("/"):
        found = found[part]
    return found


def references() -> Iterator[Pointer]:
    """Yield every reference of the document."""
    for node in nodes(document()):
        if isinstance(node, dict) and "$ref" in node:
            yield node["$ref"]


def nodes(node: object) -> Iterator[object]:
    """Yield a node and all nodes below it."""
    yield node
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        yield from nodes(child)


@cache
def validator(pointer: Pointer) -> Draft7Validator:
    """Return a validator of the schema at a reference."""
    resource = Resource.from_contents(document(), default_specification=DRAFT7)
    registry: Registry[Any] = Registry().with_resource(_NAME, resource)
    return Draft7Validator({"$ref": f"{_NAME}{pointer}"}, registry=registry)


def message(channel: str, event: str) -> Pointer:
    """Return the reference of the message of an event."""
    pointer: Pointer = look_up(f"#/channels/{channel}/messages/{event}")["$ref"]
    return pointer
