"""Mutants: one change each, of what the program does."""

import ast
from pathlib import Path

import pytest

from testkit.mutation import mutants_of

PATH = Path("processor/archive/any.py")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("a = b < c", {"a = b <= c"}),
        ("a = b + 1", {"a = b - 1", "a = b + 2"}),
        ("if a:\n    b()", {"if not a:\n    b()", "if a:\n    None"}),
        ("return_value: int = 1", {"return_value: int = 2"}),
        ("def f():\n    return a", {"def f():\n    return None"}),
        ("a = b is None and c", {"a = b is not None and c", "a = b is None or c"}),
        ("a = True", {"a = False"}),
    ],
)
def test_each_mutant_differs_in_one_place(code: str, expected: set[str]) -> None:
    assert {mutant.text for mutant in mutants_of(PATH, code)} == expected


@pytest.mark.parametrize(
    "code", ['"""A docstring."""', "log.info('event', a=1)", "import a", "a: 'int | None'"]
)
def test_what_changes_nothing_is_left_alone(code: str) -> None:
    assert list(mutants_of(PATH, code)) == []


def test_a_mutant_says_where_it_is() -> None:
    [mutant] = mutants_of(PATH, "def f():\n    a = 1\n")
    assert (mutant.line, mutant.before, mutant.after) == (2, "a = 1", "a = 2")
    ast.parse(mutant.text)
