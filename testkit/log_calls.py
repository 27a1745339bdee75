"""Finds every event that the code logs: its name, level, fields and place."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from testkit.services import ROOT

PACKAGES = ("collector", "processor", "standalone", "kafka_client", "configuration", "migrations")
"""The packages that log. The simulator and the library `telemetry` do not; a test checks it."""

_LEVELS = {each: each for each in ("debug", "info", "warning", "error")} | {"exception": "error"}
_LOGGERS = {"log", "_log"}


@dataclass(frozen=True)
class LogCall:
    """One call that logs an event.

    Attributes:
        event: The event's name.
        level: Its level; `info to warning` if it depends.
        fields: The names of its fields, in their order.
        place: The module, with dots.
    """

    event: str
    level: str
    fields: tuple[str, ...]
    place: str


class UnreadableLogCallError(Exception):
    """A call's event or fields are not in the source as literals; the message names the place."""


def log_calls(packages: Iterable[str] = PACKAGES) -> list[LogCall]:
    """Return every log call of packages, by event and place.

    Raises:
        UnreadableLogCallError: A name is computed, so the list would not be complete.
    """
    found = [
        call
        for package in packages
        for path in sorted((ROOT / package).rglob("*.py"))
        for call in read_log_calls(path.read_text(), _module(path))
    ]
    return sorted(found, key=lambda call: (call.event, call.place))


def read_log_calls(source: str, module: str) -> Iterator[LogCall]:
    """Yield the log calls of one module, see `log_calls`."""
    tree = ast.parse(source)
    bound = _bound_fields(tree)
    calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if (logger := _logger_of(node)) is None or not isinstance(node, ast.Attribute):
            continue
        place = f"{module}, line {node.lineno}"
        if (call := calls.get(id(node))) is None:
            raise UnreadableLogCallError(f"{place}: call the logger's method by its name")
        by_level = node.attr == "log"
        level = _level(call.args, place) if by_level else _LEVELS[node.attr]
        fields = (*bound.get(logger, ()), *_fields(call, tree, place))
        for event in _names(call.args[by_level:], place):
            yield LogCall(event, level, fields, module)


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def _logger_of(node: ast.AST) -> str | None:
    """Return the name of the logger whose method this is; None if it is no such method."""
    if not isinstance(node, ast.Attribute) or node.attr not in {*_LEVELS, "log"}:
        return None
    logger = node.value
    name = logger.attr if isinstance(logger, ast.Attribute) else getattr(logger, "id", "")
    return name if name in _LOGGERS else None


def _level(arguments: list[ast.expr], place: str) -> str:
    """Return the levels of `logging` that the first argument names."""
    nodes = [each for first in arguments[:1] for each in ast.walk(first)]
    named = {each.attr.lower() for each in nodes if isinstance(each, ast.Attribute)}
    levels = [level for level in _LEVELS if level in named]
    if not levels:
        raise UnreadableLogCallError(f"{place}: write the levels as logging.INFO and so on")
    return " to ".join(levels)


def _names(arguments: list[ast.expr], place: str) -> list[str]:
    [name, *more] = arguments or [ast.Constant(None)]
    either = [name.body, name.orelse] if isinstance(name, ast.IfExp) else [name]
    names = [each.value for each in either if isinstance(each, ast.Constant)]
    if more or len(names) != len(either) or not all(isinstance(each, str) for each in names):
        raise UnreadableLogCallError(f"{place}: name the event by one text, and values by keyword")
    return [str(each) for each in names]


def _fields(call: ast.Call, tree: ast.Module, place: str) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg == "exc_info":
            continue
        if keyword.arg is not None:
            yield keyword.arg
            continue
        names = _keys_returned(keyword.value, tree)
        if not names:
            raise UnreadableLogCallError(
                f"{place}: `**` takes a function of this module that returns a dictionary with "
                "its names written out"
            )
        yield from names


def _keys_returned(value: ast.expr, tree: ast.Module) -> list[str]:
    """Return the keys of the dictionary that the called function of this module returns."""
    function = value.func if isinstance(value, ast.Call) else value
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return [
        str(key.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == name
        for each in ast.walk(node)
        if isinstance(each, ast.Return) and isinstance(each.value, ast.Dict)
        for key in each.value.keys
        if isinstance(key, ast.Constant)
    ]


def _bound_fields(tree: ast.Module) -> dict[str, list[str]]:
    """Return the fields that every event of a logger has, by the logger's name."""
    return {
        target.attr: [keyword.arg for keyword in node.value.keywords if keyword.arg is not None]
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        for target in node.targets
        if isinstance(target, ast.Attribute) and target.attr in _LOGGERS
    }
