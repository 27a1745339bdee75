"""What a subscriber asked for: a filter, an output format, and the key that names them."""

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
    split_values,
)
from processor.stream.output_format import (
    ALL_FIELDS,
    DEFAULT_FORMAT,
    STANDARD_FORMATS,
    Format,
    OutputFormat,
)

FORMATS: tuple[Format, ...] = get_args(Format)
PARAMETERS = (*FILTER_PARAMETERS, "fields", "format")
TAG_LENGTH = 8

MAX_CHARACTERS = 16_384
"""Bound of all parameters together, which a stream keeps: two lists of 1,000 addresses."""

MAX_NAME_CHARACTERS = 64
"""Bound of a parameter's name that is quoted in an error."""

_TOO_LONG = f"the parameters have more than {MAX_CHARACTERS} characters together: request less"


class StreamQuery(msgspec.Struct, frozen=True, eq=False):
    """Which aircraft a subscriber gets, and how; equal queries get the same bytes.

    Attributes:
        filter: Which aircraft.
        output_format: Their fields and format.
        is_standard: Whether it is the whole fleet in a standard format.
        key: Digest of filter and format, equal for equal queries.
        tag: The part of event ids that names the query, because a stream cannot be resumed with
            another query. Empty for the default query.
    """

    filter: Filter
    output_format: OutputFormat
    is_standard: bool
    key: str
    tag: str

    @property
    def has_identity(self) -> bool:
        """Whether the answer depends on the identity of aircraft."""
        has_type = self.output_format.format == "delta"
        return has_type or self.output_format.has_identity or self.filter.has_identity


def parse_query(pairs: Iterable[tuple[str, str]], areas: Sequence[BoundingBox] = ()) -> StreamQuery:
    """Read a query.

    Args:
        pairs: Names and values; a name may come several times.
        areas: The areas that the principal is restricted to; empty for no restriction.

    Raises:
        FilterError: A parameter cannot be used; the error names it.
    """
    parameters = _gather(pairs)
    selected = parse_filter(parameters, areas)
    output_format = _output_format(parameters)
    if output_format.format == "delta" and not selected.is_everything:
        raise FilterError(
            "format", "delta is available for the whole fleet only; with a filter use row"
        )
    key = _key(selected, output_format)
    is_standard = selected.is_everything and output_format in STANDARD_FORMATS
    tag = "" if key == DEFAULT_KEY else key[:TAG_LENGTH]
    return StreamQuery(selected, output_format, is_standard, key, tag)


def _gather(pairs: Iterable[tuple[str, str]]) -> Parameters:
    parameters: dict[str, list[str]] = {}
    characters = 0
    for name, value in pairs:
        characters += len(name) + len(value)
        if characters > MAX_CHARACTERS:
            raise FilterError(name[:MAX_NAME_CHARACTERS], _TOO_LONG)
        if name not in PARAMETERS:
            raise _unknown(name)
        parameters.setdefault(name, []).append(value)
    return parameters


def _unknown(name: str) -> FilterError:
    close = difflib.get_close_matches(name, PARAMETERS, n=1)
    allowed = ", ".join(sorted(PARAMETERS))
    remedy = f"did you mean {close[0]}?" if close else f"allowed are {allowed}"
    return FilterError(name, f"no such parameter; {remedy}")


def _output_format(parameters: Parameters) -> OutputFormat:
    format_ = _format(parameters.get("format", ("object",)))
    if "fields" not in parameters:
        return OutputFormat(format_) if format_ != DEFAULT_FORMAT.format else DEFAULT_FORMAT
    if format_ == "delta":
        raise FilterError("fields", "delta has fixed columns: omit fields, or use row")
    return OutputFormat(format_, _fields(parameters["fields"]))


def _format(values: Values) -> Format:
    for format_ in FORMATS:
        if list(values) == [format_]:
            return format_
    raise FilterError("format", f"{','.join(values)!r} is none of {', '.join(FORMATS)}")


def _fields(values: Values) -> tuple[str, ...]:
    try:
        names = split_values(values, len(ALL_FIELDS))
    except ValueError as error:
        raise FilterError("fields", str(error)) from None
    for name in names:
        if name not in ALL_FIELDS:
            raise FilterError("fields", f"{name!r} is none of {', '.join(ALL_FIELDS)}")
    return names


def _key(selected: Filter, output_format: OutputFormat) -> str:
    # Part of event ids, so it may not change when a class of filter.py gets another name.
    text = f"{selected} {output_format.format} {output_format.fields}"
    text = text.replace("BoundingBox(", "Box(")
    return hashlib.sha256(text.encode()).hexdigest()


DEFAULT_KEY = _key(Filter(), DEFAULT_FORMAT)
