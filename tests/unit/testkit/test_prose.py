"""The check of words and sizes fails on what is planted, and on nothing else."""

from pathlib import Path

import pytest

from testkit.prose import MAX_FUNCTION_LINES, faults


def found(folder: Path, name: str, text: str) -> list[str]:
    path = folder / name
    path.write_text(text)
    return [f"{fault.line} {fault.text}" for fault in faults([path])]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.py", '"""Return whoever asked."""\n', 1),
        ("a.py", "x = 1\n# It begins anew.\n", 2),
        ("a.py", 'x = f"{1} was told"\n', 1),
        ("a.py", "def has_heard() -> None: ...\n", 1),
        ("a.py", "class Told: ...\n", 1),
        ("a.md", "# Title\n\nNobody knows.\n", 3),
        ("a.sql", "-- cut anew\n", 1),
        ("a.ts", "// somebody\n", 1),
        ("a.ts", "function hearEvent() {}\n", 1),
        ("a.py", '"""Of one row."""\n', 1),
        ("a.py", 'x = 1\n"""That a client may be slow."""\n', 2),
        ("a.py", '"""Return a client who has left."""\n', 1),
        ("a.md", "# Title\n\nRows, of which one is old.\n", 3),
    ],
)
def test_a_planted_word_is_found(tmp_path: Path, name: str, text: str, line: int) -> None:
    """In names, docstrings, comments, texts and documents, with its line."""
    [fault] = found(tmp_path, name, text)
    assert fault.startswith(f"{line} ")


def test_plain_words_pass(tmp_path: Path) -> None:
    """Also words that only contain one of those to avoid."""
    assert found(tmp_path, "a.py", '"""Return the task, untold by others."""\nTASK = 1\n') == []


def test_a_long_function_is_found(tmp_path: Path) -> None:
    """With how long it is."""
    body = "    x = 1\n" * MAX_FUNCTION_LINES
    [fault] = found(tmp_path, "a.py", f"def f() -> None:\n{body}")
    assert fault == f"1 f has {MAX_FUNCTION_LINES + 1} lines: divide it, at most 60"
