"""Lines of a Dockerfile are read as Docker reads them, and others are refused."""

from pathlib import Path, PurePosixPath

import pytest

from testkit.build_context import BuildContext
from testkit.dockerfile import DockerfileError, Instruction, Stage, fill_in, parse


def test_stages_with_continued_lines_and_comments() -> None:
    text = '# one\nFROM a AS first\nRUN x \\\n  && y\n\nFROM b\nLABEL c="d e" \\\n      f=g\n'
    first, second = parse(text)
    assert first == Stage("a", "first", [Instruction("RUN", "x    && y")])
    assert (second.base, second.name) == ("b", "")
    assert second.instructions[0].pairs == {"c": "d e", "f": "g"}


@pytest.mark.parametrize("line", ["ADD a b", "ONBUILD RUN x", "run x", "RUN before any stage"])
def test_other_lines_are_refused(line: str) -> None:
    with pytest.raises(DockerfileError, match=line.split(maxsplit=1)[0]):
        parse(line)


def test_a_variable_needs_a_value() -> None:
    assert fill_in("/venv/bin:$PATH", {"PATH": "/bin"}) == "/venv/bin:/bin"
    with pytest.raises(DockerfileError, match=r"\$OTHER has no value"):
        fill_in("$OTHER", {})


def test_the_last_pattern_of_dockerignore_decides(tmp_path: Path) -> None:
    names = ("a/x.py", "a/__pycache__/x.pyc", "web/index.html", "web/dist/page", "secret", "b/c/d")
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".dockerignore").write_text("*\n!a\n!web\n!b/c\n**/__pycache__\nweb/dist\n")
    context = BuildContext(tmp_path)
    sent = [name for name in names if context.is_sent(PurePosixPath(name))]
    assert sent == ["a/x.py", "web/index.html", "b/c/d"]
    assert list(context.files("web")) == [PurePosixPath("web/index.html")]
    with pytest.raises(FileNotFoundError, match="secret"):
        list(context.files("secret"))
