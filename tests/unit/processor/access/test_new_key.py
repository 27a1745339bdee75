"""The command that creates API keys."""

import datetime as dt
import stat
from pathlib import Path

import pytest

from processor.access.api_keys import ApiKeys
from processor.access.keys_file import END, read_entries
from processor.access.new_key import print_new_key
from processor.errors import FatalError
from testkit.services import run_module


def _print(name: str, *areas: str, file: Path | None = None) -> None:
    print_new_key(name=name, scopes=["flights:live"], areas=areas, expires=None, file=file)


def test_the_command_prints_a_key_and_adds_its_entry(tmp_path: Path) -> None:
    """Stdout has only the key; the file grows and is readable by its owner alone."""
    file = tmp_path / "keys.yaml"
    scopes = ["--scope", "metrics", "--scope", "flights:live"]
    tower, radar = (
        run_module(
            ["processor", "key", *arguments, "--file", str(file)], folder=tmp_path, environment={}
        ).stdout.strip()
        for arguments in (
            ["tower", *scopes, "--area=-5,45,13,48"],
            ["radar", "--expires", "2999-12-31"],
        )
    )
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    keys = ApiKeys(file)
    assert keys.identify(tower).scopes == {"metrics", "flights:live"}
    assert keys.identify(tower).areas[0].west == -5
    assert keys.identify(radar).scopes == {"flights:live"}
    assert keys.identify(radar).expires_at == dt.datetime(2999, 12, 31, tzinfo=dt.UTC).timestamp()


def test_without_a_file_the_entry_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """The entry is printed as it belongs into a file, apart from the key."""
    _print("tower")
    shown = capsys.readouterr()
    entry = "\n".join(line for line in shown.err.splitlines() if line.startswith(("-", " ")))
    assert read_entries("shown", entry)[0].name == "tower"
    assert shown.out.startswith("osfm_")
    assert shown.out.strip() not in shown.err


def test_a_last_line_without_end_is_ended(tmp_path: Path) -> None:
    """Some editors leave out the last line break."""
    file = tmp_path / "keys.yaml"
    _print("tower", file=file)
    file.write_text(file.read_text().rstrip())
    _print("radar", file=file)
    assert [entry.name for entry in read_entries("", file.read_text())] == ["tower", "radar"]


def test_the_file_says_where_it_ends(tmp_path: Path) -> None:
    """The mark stands once, below all entries, so that a cut-off file is recognised."""
    file = tmp_path / "keys.yaml"
    for name in ("tower", "radar", "guest"):
        _print(name, file=file)
    assert file.read_text().count(END) == 1
    assert file.read_text().endswith(f"\n{END}\n")
    assert [entry.name for entry in read_entries("", file.read_text())] == [
        "tower",
        "radar",
        "guest",
    ]


@pytest.mark.parametrize("arguments", [["two words"], ["tower", "1,2,3"], ["tower", "9,9,9,8"]])
def test_what_the_processor_would_refuse_is_not_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """No key is printed whose entry would be invalid."""
    file = tmp_path / "keys.yaml"
    with pytest.raises(FatalError, match="the new key, entry 1"):
        _print(*arguments, file=file)
    assert not file.exists()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("text", ["[]", "- name: tower", "keys: []"])
def test_a_file_with_mistakes_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    """A JSON list cannot be appended to, and an invalid file would hide the new key."""
    file = tmp_path / "keys.json"
    file.write_text(text)
    with pytest.raises(FatalError, match=r"keys\.json"):
        _print("tower", file=file)
    assert file.read_text() == text
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["key"], "the following arguments are required: NAME"),
        (["run", "tower"], "unrecognized arguments: tower"),
    ],
)
def test_a_wrong_command_line_is_said(tmp_path: Path, arguments: list[str], reason: str) -> None:
    """The exit code is 2, as for every program."""
    ended = run_module(["processor", *arguments], folder=tmp_path, environment={})
    assert ended.returncode == 2
    assert reason in ended.stderr
