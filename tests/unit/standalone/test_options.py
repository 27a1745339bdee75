"""The command line teaches, and refuses what contradicts itself."""

from pathlib import Path

import pytest

from standalone.database_folder import default_data_dir
from standalone.options import DEFAULT_AIRCRAFT, Options, read_options


def test_nothing_asked_for_is_a_simulated_sky_in_the_default_folder() -> None:
    """What a newcomer gets."""
    assert read_options([]) == Options(
        replay=(),
        aircraft=DEFAULT_AIRCRAFT,
        interval_seconds=None,
        port=8081,
        data_dir=default_data_dir(),
        database=None,
        kafka=None,
        opensky=False,
    )


def test_paths_are_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative folder is one of the current folder, a tilde the home."""
    monkeypatch.setenv("HOME", "/home/user")
    assert read_options(["--data-dir", "data"]).data_dir == Path.cwd() / "data"
    assert read_options(["--data-dir", "~/data"]).data_dir == Path("/home/user/data")
    assert read_options(["--replay", "a", "b"]).replay == (Path("a"), Path("b"))


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        (["--opensky", "--aircraft", "5"], "--opensky and --aircraft"),
        (["--opensky", "--replay", "a"], "--opensky and --replay"),
        (["--opensky", "--interval", "5"], "--opensky and --interval"),
        (["--replay", "a", "--aircraft", "5"], "--replay and --aircraft"),
        (["--aircraft", "many"], "'many' is not a whole number from 1 to 100000"),
        (["--aircraft", "0"], "'0' is not a whole number from 1 to 100000"),
        (["--interval", "0.5"], "'0.5' is not a number from 1 to 86400"),
        (["--interval", "nan"], "'nan' is not a number from 1 to 86400"),
        (["--port", "65536"], "'65536' is not a whole number from 1 to 65535"),
        (["--porty", "1"], "--porty"),
    ],
)
def test_wrong_arguments_are_named(
    arguments: list[str], sent: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Which, its value, and what is allowed."""
    with pytest.raises(SystemExit, match="2"):
        read_options(arguments)
    assert sent in capsys.readouterr().err


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    """It teaches, in lines that fit a terminal."""
    with pytest.raises(SystemExit, match="0"):
        read_options(["--help"])
    text = capsys.readouterr().out
    for word in ("--replay", "--opensky", "--kafka", "exit codes", "audit", "curl"):
        assert word in text
    assert max(map(len, text.splitlines())) <= 100
