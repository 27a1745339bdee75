"""What one viewer asks for: a filter, a shape, and the name under which both are shared."""

import difflib
import hashlib
from collections.abc import Iterable, Sequence
from typing import get_args

import msgspec

from processor.bounding_box import BoundingBox
from processor.stream.filter import (
    FILTER_PARAMETERS,
    Filter,
    FilterError,
    Parameters,
    Values,
    parse_filter,
    split,
)
from processor.stream.output_format import STANDARD, WHOLE, Format, OutputFormat
from telemetry.state_vector import FIELDS

FORMATS: tuple[Format, ...] = get_args(Format)
PARAMETERS = (*FILTER_PARAMETERS, "fields", "format")
TAG_LENGTH = 8

MAX_CHARACTERS = 16_384
"""Of all parameters together, for a stream holds what it asks for: two lists of 1,000 addresses."""

MAX_NAME = 64
_TOO_LONG = f"the parameters have more than {MAX_CHARACTERS} characters together: ask for less"


class StreamQuery(msgspec.Struct, frozen=True, eq=False):
    """Viewers of the same view get the same bytes.

    Attributes:
        is_standard: Whether it is the whole picture in a standard shape.
        key: The same for all that ask for the same; a digest, for what is asked for may be long.
        tag: The part of an event's id that ties it to the view: what was seen through another
            cannot be gone on from. Empty for the whole picture in its usual shape.
    """

    filter: Filter
    shape: OutputFormat
    is_standard: bool
    key: str
    tag: str


def parse_query(pairs: Iterable[tuple[str, str]], areas: Sequence[BoundingBox] = ()) -> StreamQuery:
    """Read a query.

    Args:
        pairs: Names and values; a name may come several times.
        areas: What the viewer is confined to; none is the globe.

    Raises:
        FilterError: Naming the parameter.
    """
    parameters = _gather(pairs)
    selected = parse_filter(parameters, areas)
    shape = _shape(parameters)
    if shape.format == "delta" and not selected.is_everything:
        raise FilterError("format", "delta is of the whole picture: with a filter take row")
    key = _key(selected, shape)
    is_standard = selected.is_everything and shape in STANDARD
    return StreamQuery(
        selected, shape, is_standard, key, "" if key == WHOLE_KEY else key[:TAG_LENGTH]
    )


def _gather(pairs: Iterable[tuple[str, str]]) -> Parameters:
    parameters: dict[str, list[str]] = {}
    characters = 0
    for name, value in pairs:
        characters += len(name) + len(value)
        if characters > MAX_CHARACTERS:
            raise FilterError(name[:MAX_NAME], _TOO_LONG)
        if name not in PARAMETERS:
            raise _unknown(name)
        parameters.setdefault(name, []).append(value)
    return parameters


def _unknown(name: str) -> FilterError:
    close = difflib.get_close_matches(name, PARAMETERS, n=1)
    remedy = f"did you mean {close[0]}?" if close else f"there are {', '.join(sorted(PARAMETERS))}"
    return FilterError(name, f"no such parameter; {remedy}")


def _shape(parameters: Parameters) -> OutputFormat:
    format_ = _format(parameters.get("format", ("object",)))
    if "fields" not in parameters:
        return OutputFormat(format_) if format_ != WHOLE.format else WHOLE
    if format_ == "delta":
        raise FilterError("fields", "delta has columns of its own: leave fields out, or use row")
    return OutputFormat(format_, _fields(parameters["fields"]))


def _format(values: Values) -> Format:
    for format_ in FORMATS:
        if list(values) == [format_]:
            return format_
    raise FilterError("format", f"{','.join(values)!r} is none of {', '.join(FORMATS)}")


def _fields(values: Values) -> tuple[str, ...]:
    try:
        names = split(values, len(FIELDS))
    except ValueError as error:
        raise FilterError("fields", str(error)) from None
    for name in names:
        if name not in FIELDS:
            raise FilterError("fields", f"{name!r} is none of {', '.join(FIELDS)}")
    return names


def _key(selected: Filter, shape: OutputFormat) -> str:
    text = f"{selected} {shape.format} {shape.fields}"
    return hashlib.sha256(text.encode()).hexdigest()


WHOLE_KEY = _key(Filter(), WHOLE)
