"""Compare an answer that a page shows with a real one, in shape: names, types, units, levels.

In a sample `…` stands for what is left out: a value, the other keys of an object, the other
elements of a list, the rest of a word or any number of lines.
"""

import csv
import io
import json
import re
from collections.abc import Sequence
from typing import Any

import yaml

REST = "…"

_TOKENS = re.compile(rf'"(?:[^"\\]|\\.)*"|{REST}|\s+|.', re.DOTALL)
_NUMBER = re.compile(r"-?\d[\d,]*(\.\d+)?")
_KINDS = {
    "a time": re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d(:\d\d)?)?"),
    "a date": re.compile(r"\d{4}-\d\d-\d\d"),
    "an address": re.compile(r"[0-9a-f]{6}"),
    "a SHA-256": re.compile(r"[0-9a-f]{64}"),
}
_CALLSIGN = re.compile(r"[A-Z]{3}\d[0-9A-Z]*")
_DECODER = json.JSONDecoder()
_UNIX_SECONDS = (1e9, 1e10)
_UNIX_MILLISECONDS = (1e12, 1e13)


class ShapeError(ValueError):
    """A real answer differs in shape from the one that the page shows."""


def compare(language: str, sample: str, actual: str) -> None:
    """Compare two texts in the language of the sample.

    Raises:
        ShapeError: With the place of the first difference.
    """
    comparisons = {"json": _json, "yaml": _yaml, "csv": _csv, "text": _text}
    comparisons[language](sample, actual)


def _json(sample: str, actual: str) -> None:
    """Compare with the last document, which is that of the last command of a block."""
    try:
        answers = _documents(actual)
    except json.JSONDecodeError as error:
        raise ShapeError(f"the answer is no JSON: {error}: {actual[:200]!r}") from None
    _check_value("answer", _documents(complete(sample))[-1], answers[-1])


def _documents(text: str) -> list[Any]:
    """Return the documents of a text, of which there is one at least."""
    found: list[Any] = []
    end = 0
    while not found or text[end:].strip():
        start = end + len(text[end:]) - len(text[end:].lstrip())
        document, end = _DECODER.raw_decode(text, start)
        found.append(document)
    return found


def complete(sample: str) -> str:
    """Write each bare `…` as JSON: a key of its own in an object, else a value."""
    written, brackets, before = [], "", ""
    for part in _TOKENS.findall(sample):
        if part in "{[":
            brackets += part
        elif part in "}]":
            brackets = brackets[:-1]
        is_key = brackets.endswith("{") and before in {"{", ","}
        written.append(part if part != REST else f'"{REST}"' + (":null" if is_key else ""))
        before = before if part.isspace() else part
    return "".join(written)


def _yaml(sample: str, actual: str) -> None:
    def load(text: str) -> Any:  # noqa: ANN401 - any YAML
        return json.loads(json.dumps(yaml.safe_load(text), default=str))

    _check_value("answer", load(sample), load(actual))


def _check_value(place: str, sample: Any, actual: Any) -> None:  # noqa: ANN401 - any JSON
    if sample is None or sample == REST:
        return
    if isinstance(sample, dict):
        _check_objects(place, [sample], [_require(place, actual, dict)])
    elif isinstance(sample, list):
        _check_list(place, sample, _require(place, actual, list))
    elif isinstance(sample, bool):
        _require(place, actual, bool)
    elif actual is not None:
        _check_scalar(place, sample, actual)


def _require(place: str, actual: Any, kind: type) -> Any:  # noqa: ANN401 - any JSON
    if not isinstance(actual, kind):
        raise ShapeError(f"{place}: {kind.__name__} is shown, but {actual!r} is answered")
    return actual


def _check_scalar(place: str, sample: str | float, actual: Any) -> None:  # noqa: ANN401
    shown, answered = kind_of(sample), kind_of(actual)
    is_whole_for_real = (shown, answered) == ("a number", "a whole number")
    is_any_text = shown == "text" and isinstance(actual, str)
    if shown != answered and not is_whole_for_real and not is_any_text:
        raise ShapeError(
            f"{place}: {shown} is shown ({sample!r}), {answered} answered ({actual!r})"
        )


def kind_of(value: Any) -> str:  # noqa: ANN401 - any JSON
    """Return what a scalar is, with its unit where the value shows one."""
    if isinstance(value, bool) or value is None or isinstance(value, dict | list):
        return type(value).__name__
    if isinstance(value, str):
        matching = (name for name, kind in _KINDS.items() if kind.fullmatch(value))
        return next(matching, "text")
    if _UNIX_SECONDS[0] <= value < _UNIX_SECONDS[1]:
        return "a time in Unix seconds"
    if _UNIX_MILLISECONDS[0] <= value < _UNIX_MILLISECONDS[1]:
        return "a time in Unix milliseconds"
    return "a whole number" if isinstance(value, int) else "a number"


def _check_objects(
    place: str, samples: Sequence[dict[str, Any]], actuals: Sequence[dict[str, Any]]
) -> None:
    """Compare objects of one kind: each key that is shown is in one of them at least."""
    answered = set[str]().union(*actuals)
    shown = set[str]().union(*samples)
    if missing := shown - {REST} - answered:
        raise ShapeError(f"{place}: not answered: {', '.join(sorted(missing))}")
    if REST not in shown and (unknown := answered - shown):
        raise ShapeError(f"{place}: not shown: {', '.join(sorted(unknown))}")
    for key in sorted(shown & answered):
        alternatives = [sample[key] for sample in samples if key in sample]
        for actual in actuals:
            if key in actual:
                _check_alternatives(f"{place}.{key}", alternatives, actual[key])


def _check_alternatives(place: str, samples: Sequence[Any], actual: Any) -> None:  # noqa: ANN401
    """Compare with samples, one of which must be like the value."""
    differences = []
    for sample in samples:
        try:
            _check_value(place, sample, actual)
        except ShapeError as error:
            differences.append(error)
    if len(differences) == len(samples):
        raise differences[0]


def _check_list(place: str, sample: list[Any], actual: list[Any]) -> None:
    shown = [each for each in sample if each != REST]
    if not shown:
        return
    if not actual:
        raise ShapeError(f"{place}: elements are shown, none is answered")
    if isinstance(shown[0], dict):
        elements = [_require(f"{place}[]", each, dict) for each in actual]
        _check_objects(f"{place}[]", shown, elements)
    elif REST in sample:
        for each in actual:
            _check_alternatives(f"{place}[]", shown, each)
    elif len(actual) != len(shown):
        raise ShapeError(f"{place}: {len(shown)} elements are shown, {len(actual)} answered")
    else:
        for index, (one, other) in enumerate(zip(shown, actual, strict=True)):
            _check_value(f"{place}[{index}]", one, other)


def _csv(sample: str, actual: str) -> None:
    shown = [row for row in csv.reader(io.StringIO(sample)) if row != [REST]]
    answered = list(csv.reader(io.StringIO(actual)))
    check_table(shown[0], shown[1:], answered[0] if answered else [], answered[1:])


def check_table(
    shown: Sequence[str],
    shown_rows: Sequence[Sequence[str]],
    answered: Sequence[str],
    answered_rows: Sequence[Sequence[str]],
) -> None:
    """Compare the columns of two tables, and the kind of each cell with that of the first row.

    Raises:
        ShapeError: Other columns, another kind of value, or no row where one is shown.
    """
    if list(shown) != list(answered):
        raise ShapeError(f"columns {list(shown)} are shown, {list(answered)} answered")
    if shown_rows and not answered_rows:
        raise ShapeError("rows are shown, none is answered")
    for row in answered_rows if shown_rows else ():
        for name, one, other in zip(shown, shown_rows[0], row, strict=True):
            if one and other and not _is_like(one, other):
                raise ShapeError(f"column {name}: {one!r} is shown, {other!r} answered")


def _is_like(sample: str, actual: str) -> bool:
    for kind in (_NUMBER, *_KINDS.values()):
        if kind.fullmatch(sample):
            return kind.fullmatch(actual) is not None
    return True


def psql_table(text: str) -> tuple[list[str], list[list[str]]]:
    """Return columns and rows of a table as psql prints it."""
    lines = [line for line in text.splitlines() if "|" in line or "---" in line]
    if len(lines) == 0:
        lines = text.splitlines()[:3]
    rows = [[cell.strip() for cell in line.split("|")] for line in lines if "---" not in line]
    return rows[0], rows[1:]


def _text(sample: str, actual: str) -> None:
    """Compare line by line."""
    answered = iter([line for line in actual.splitlines() if line.strip()])
    may_skip = False
    for line in filter(str.strip, sample.splitlines()):
        if line.strip() == REST:
            may_skip = True
            continue
        _find_line(line, answered, may_skip=may_skip)
        may_skip = False
    if not may_skip and (left := next(answered, None)):
        raise ShapeError(f"not shown: {left!r}")


def _find_line(sample: str, answered: Any, *, may_skip: bool) -> None:  # noqa: ANN401 - an iterator
    for line in answered:
        try:
            _check_line(sample, line)
        except ShapeError:
            if not may_skip:
                raise
        else:
            return
    raise ShapeError(f"not answered: {sample!r}")


def _check_line(sample: str, actual: str) -> None:
    prefix, opening, _ = sample.partition("{")
    if opening and (start := actual.find("{")) >= 0:
        _check_words(prefix, actual[:start])
        _json(sample[len(prefix) :], actual[start:])
    else:
        _check_words(sample, actual)


def _check_words(sample: str, actual: str) -> None:
    shown, answered = sample.split(), actual.split()
    if shown[-1:] == [REST]:
        del shown[-1], answered[len(shown) :]
    if len(shown) != len(answered) or not all(map(_is_same_word, shown, answered)):
        raise ShapeError(f"{sample!r} is shown, {actual!r} answered")


def _is_same_word(sample: str, actual: str) -> bool:
    for kind in (*_KINDS.values(), _CALLSIGN, _NUMBER):
        if kind.fullmatch(sample):
            return kind.fullmatch(actual) is not None
    parts = re.split(rf"({REST}|\d[\d,]*(?:\.\d+)?)", sample)
    patterns = [
        ".*" if part == REST else r"\d[\d,]*(?:\.\d+)?" if index % 2 else re.escape(part)
        for index, part in enumerate(parts)
    ]
    return re.fullmatch("".join(patterns), actual) is not None
