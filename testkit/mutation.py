"""Breaks one line at a time, and counts what the tests notice: `python -m testkit.mutation`."""

import argparse
import ast
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from testkit.project_copy import copy_project
from testkit.services import ROOT

_EPILOG = """\
A mutant is a copy of the project with one operator, constant or statement replaced. It is killed
when a test fails or does not end. The tests with the services' real parts take minutes, so they are
for those that survive the others. A survivor is printed with its line: read it, and add the test
that is missing, or leave it if both lines mean the same. Exit status: 0 if at least --least percent
are killed, else 1.
"""

_TESTS = ("tests/unit/processor", "tests/unit/telemetry", "tests/property")
_SLOW_TESTS = (
    "tests/contract/test_commit_protocol.py",
    "tests/contract/test_digest.py",
    *(
        f"tests/integration/test_{name}.py"
        for name in (
            *("archive", "times", "instances", "several_rows", "segmentation", "live", "reader"),
            *("audit", "audit_alterations", "audit_over_time", "breaker", "lost_log", "tracing"),
            *("maintenance", "sums", "retention", "columnstore", "aircraft", "database_trouble"),
            *("airports_of_flights", "messages_of_several_rows", "operator_commands"),
        )
    ),
    "tests/attacks/test_poisonous_batches.py",
)
_SECONDS = 900.0
_WORKERS = "2"

_OPPOSITES: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


class Mutant(NamedTuple):
    """One change of one file.

    Attributes:
        path: The file, from the project's folder.
        line: Where, from 1 on.
        before: The statement.
        after: What it becomes.
        text: The whole file with the change.
    """

    path: Path
    line: int
    before: str
    after: str
    text: str


def mutants_of(path: Path, source: str) -> Iterator[Mutant]:
    """Yield every mutant of a file; docstrings, annotations and log calls are left alone."""
    count = sum(1 for _ in _places(ast.parse(source)))
    for number in range(count):
        tree = ast.parse(source)
        statement, change = list(_places(tree))[number]
        before = ast.unparse(statement)
        change()
        after = ast.unparse(statement)
        text = ast.unparse(ast.fix_missing_locations(tree))
        yield Mutant(path, statement.lineno, before, after, text)


def _places(tree: ast.Module) -> Iterator[tuple[ast.stmt, "_Change"]]:
    for statement in ast.walk(tree):
        if not isinstance(statement, ast.stmt) or _is_left_alone(statement):
            continue
        for node in _own_nodes(statement):
            yield from ((statement, change) for change in _changes(node))


def _is_left_alone(statement: ast.stmt) -> bool:
    is_definition = isinstance(
        statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import
    )
    is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_definition or is_text or ast.unparse(statement).startswith(("log.", "self._log."))


def _own_nodes(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the expressions of a statement without those of the statements inside it."""
    left: list[ast.AST] = [statement]
    while left:
        node = left.pop()
        yield node
        skipped = node.annotation if isinstance(node, ast.AnnAssign) else None
        left += [
            child
            for child in ast.iter_child_nodes(node)
            if not isinstance(child, ast.stmt) and child is not skipped
        ]


class _Change:
    """Sets an attribute of a node, or an item of a list in it."""

    def __init__(self, node: ast.AST, name: str, value: object, index: int | None = None) -> None:
        self._node = node
        self._name = name
        self._value = value
        self._index = index

    def __call__(self) -> None:
        if self._index is None:
            setattr(self._node, self._name, self._value)
        else:
            getattr(self._node, self._name)[self._index] = self._value


def _changes(node: ast.AST) -> Iterator[_Change]:
    yield from _changed_operators(node)
    yield from _changed_values(node)


def _changed_operators(node: ast.AST) -> Iterator[_Change]:
    match node:
        case ast.Compare():
            for index, operator in enumerate(node.ops):
                yield _Change(node, "ops", _OPPOSITES[type(operator)](), index)
        case ast.BinOp() | ast.BoolOp() | ast.AugAssign() if type(node.op) in _OPPOSITES:
            yield _Change(node, "op", _OPPOSITES[type(node.op)]())
        case ast.If() | ast.While() | ast.IfExp():
            yield _Change(node, "test", ast.UnaryOp(ast.Not(), node.test))
        case _:
            pass


def _changed_values(node: ast.AST) -> Iterator[_Change]:
    match node:
        case ast.Constant(value=bool(value)):
            yield _Change(node, "value", not value)
        case ast.Constant(value=int(value) | float(value)):
            yield _Change(node, "value", value + 1)
        case ast.Return(value=ast.expr()) | ast.Expr(value=ast.Call()):
            yield _Change(node, "value", ast.Constant(None))
        case _:
            pass


def choose(folders: Sequence[str], count: int, chance: random.Random) -> list[Mutant]:
    """Return so many mutants of the Python files in these folders, each line as likely."""
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    found = [
        mutant for path in paths for mutant in mutants_of(path.relative_to(ROOT), path.read_text())
    ]
    return chance.sample(found, min(count, len(found)))


class Copy:
    """A copy of the project, in which one file after the other is broken and mended."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        copy_project(folder)

    def survives(self, mutant: Mutant, stages: Sequence[Sequence[str]]) -> bool:
        """Whether the tests of its own folder pass with a mutant, and then those of each stage."""
        path = self._folder / mutant.path
        whole = path.read_text()
        path.write_text(mutant.text)
        try:
            return all(map(self.passes, [[self._own_tests(mutant.path)], *stages]))
        finally:
            path.write_text(whole)

    def _own_tests(self, path: Path) -> str:
        """Return the folder of unit tests that mirrors the code's, or the nearest above it."""
        mirror = Path("tests/unit") / path.parent
        return str(
            next(each for each in (mirror, *mirror.parents) if (self._folder / each).is_dir())
        )

    def passes(self, tests: Sequence[str]) -> bool:
        """Whether all tests pass; without any, pytest would run the whole suite."""
        if not tests:
            return True
        command = [
            *(sys.executable, "-m", "pytest", "-q", "-x", "--numprocesses", _WORKERS),
            *("-p", "no:cacheprovider", *tests),
        ]
        try:
            done = subprocess.run(
                command,
                cwd=self._folder,
                env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0


def main() -> int:
    """Try the mutants out, and print the survivors and the share of those that were killed."""
    options = _parser().parse_args()
    chosen = choose(options.folders, options.mutants, random.Random(options.seed))
    survivors = []
    stages = [options.tests, options.slow_tests]
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        copy = Copy(Path(name))
        if not all(map(copy.passes, stages)):
            sys.stderr.write("the tests fail without a mutant: mend them first\n")
            return 2
        for number, mutant in enumerate(chosen, start=1):
            is_survivor = copy.survives(mutant, stages)
            survivors += [mutant] * is_survivor
            word = "SURVIVED" if is_survivor else "killed"
            sys.stdout.write(
                f"{number} of {len(chosen)} {word} {mutant.path}:{mutant.line}\n"
                f"  - {_first_line(mutant.before)}\n  + {_first_line(mutant.after)}\n"
            )
            sys.stdout.flush()
    percent = 100 * (len(chosen) - len(survivors)) / len(chosen)
    sys.stdout.write(
        f"{len(chosen) - len(survivors)} of {len(chosen)} killed ({percent:.0f} %), "
        f"seed {options.seed}\n"
    )
    return 0 if percent >= options.least else 1


def _first_line(code: str) -> str:
    return code.partition("\n")[0]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m testkit.mutation",
        description="Break one line at a time, and count what the tests notice.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folders", nargs="*", default=["processor/archive", "processor/live"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutants", type=int, default=50)
    parser.add_argument("--least", type=float, default=90.0, help="percent that must be killed")
    parser.add_argument("--tests", nargs="+", default=_TESTS, help="what pytest runs first")
    parser.add_argument(
        "--slow-tests", nargs="*", default=_SLOW_TESTS, help="what it runs with the survivors"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
