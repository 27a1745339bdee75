"""A block runs as a reader would run it, and one that is wrong fails."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from testkit.processes import wait_until_gone
from tests.docs.blocks import Block, Step
from tests.docs.programs import BlockError, Programs
from tests.docs.run import is_answer, with_ports, with_variables


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    """Give the programs of a page, in a folder of their own."""
    programs = Programs(tmp_path, {"PATH": os.environ["PATH"]}, Path(sys.executable))
    yield programs
    programs.close()


def block(language: str, text: str) -> Block:
    return Block("page.md", 7, language, text)


def run(programs: Programs, language: str, text: str) -> str:
    return programs.run(block(language, text), text, None)


def test_variables_stay_for_the_blocks_below(programs: Programs) -> None:
    """As in a terminal that stays open, and for programs that are started from it."""
    run(programs, "sh", "ICAO24=4b1814\nWHERE='Zürich Kloten'\n")
    assert run(programs, "sh", 'echo "$ICAO24"') == "4b1814\n"
    assert run(programs, "python", "import os\nprint(os.environ['WHERE'])") == "Zürich Kloten\n"


@pytest.mark.parametrize(
    ("language", "text"),
    [("sh", "false\ntrue"), ("sh", "no-such-command"), ("python", "raise SystemExit('wrong')")],
)
def test_a_wrong_command_fails_with_its_place(programs: Programs, language: str, text: str) -> None:
    """The first one that fails ends its block."""
    with pytest.raises(BlockError, match=r"page\.md:7 \(\w+\): exit \d"):
        run(programs, language, text)


def test_a_program_without_end_is_ended_when_it_has_shown_its_answer(programs: Programs) -> None:
    """Such as one that reads the stream."""
    text = "import time\nwhile True:\n    print('7 aircraft')\n    time.sleep(0.01)\n"
    step = Step(block("python", text), block("text", "12 aircraft\n…\n"))
    printed = programs.run(step.command, text, lambda printed: is_answer(step, printed))
    assert printed.startswith("7 aircraft\n")


def test_what_runs_in_the_background_does_not_hold_a_block_up(programs: Programs) -> None:
    """It ends with the page."""
    run(programs, "sh", "sleep 60 & echo $! > pid")
    pid = int((programs.folder / "pid").read_text())
    programs.close()
    wait_until_gone(pid, timeout_s=2)


def test_ports_and_variables_are_written_into_samples() -> None:
    """Only the ports that the pages print, only variables that the shell has."""
    assert with_ports("localhost:8081 18081 8082", {"8081": 5, "8082": 6}) == "localhost:5 18081 6"
    assert with_variables('key = "$KEY" + `${n}`', {"KEY": "osfm"}) == 'key = "osfm" + `${n}`'
