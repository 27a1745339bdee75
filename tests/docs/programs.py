"""Run the shell, Python and TypeScript blocks of a page, and SQL as the reader."""

import contextlib
import os
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import asyncpg

from tests.docs.blocks import Block

LONGEST_SECONDS = 30.0
"""A block that has not ended after this, or not shown its answer, has failed."""

_POLL_SECONDS = 0.05

CURL = """\
#!/bin/bash
# What the pages leave out: a stream ends after some seconds, and a refusal fails, unless the page
# says with which status the command is refused.
fail=(--fail-with-body)
for word; do
  case $word in
    -N) limit=(--max-time {seconds}) ;;
    -f|-fs) fail=() ;;
  esac
done
if [ "$REFUSED" ]; then
  body=$(mktemp)
  status=$({curl} --silent --show-error --output "$body" --write-out '%{{http_code}}' "$@")
  cat "$body"
  [ "$status" = "$REFUSED" ] || {{ echo "status $status instead of $REFUSED" >&2; exit 1; }}
  exit 0
fi
{curl} --silent --show-error "${{fail[@]}}" "${{limit[@]}}" "$@"
code=$?
[ "$limit" ] && [ $code = 28 ] && exit 0
exit $code
"""
"""Stands before the real `curl` on the PATH of the blocks."""

_STREAM_SECONDS = 6

_SHELL = """\
set -ea
[ -f {state} ] && . {state}
REFUSED={refused}
trap 'export -p > {state}' EXIT
{text}
"""


class BlockError(AssertionError):
    """A block failed; the text says which, and what it printed."""


class Programs:
    """The programs that the blocks of one page start, in one folder; all end with `close()`.

    Variables of a shell block stay for the shell, Python and TypeScript blocks after it.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], python: Path) -> None:
        self.folder = folder
        self._environment = dict(environment)
        self._python = python
        self._state = folder / ".variables"
        self._started: list[subprocess.Popen[bytes]] = []

    def close(self) -> None:
        """End all that still runs, what the blocks left in the background included."""
        for process in self._started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def variables(self) -> dict[str, str]:
        """Return the environment that the shell blocks have left."""
        if not self._state.exists():
            return dict(self._environment)
        script = f". {self._state}; env -0"
        done = subprocess.run(["bash", "-c", script], capture_output=True, check=True, env={})
        pairs = (entry.partition("=") for entry in done.stdout.decode().split("\0") if entry)
        return {name: value for name, _, value in pairs}

    def run(
        self, block: Block, text: str, is_shown: Callable[[str], bool] | None, *, node: str = "node"
    ) -> str:
        """Run a block and return what it printed.

        Args:
            block: Where the text comes from.
            text: What is run.
            is_shown: Whether a text is the answer that the page shows. A program other than a shell
                that has printed it may go on for ever, and is ended; None: it has to end by itself.
            node: The program for TypeScript, which strips types by itself.

        Raises:
            BlockError: The exit code is not 0, or it takes longer than `LONGEST_SECONDS`.
        """
        suffix = {"sh": "sh", "python": "py", "ts": "ts"}[block.language]
        script = self.folder / f"line_{block.line}.{suffix}"
        script.write_text(
            _SHELL.format(state=self._state, refused=block.refused, text=text)
            if block.language == "sh"
            else text
        )
        words = {
            "sh": ["bash", str(script)],
            "python": [str(self._python), "-u", str(script)],
            "ts": [node, "--experimental-eventsource", "--no-warnings", str(script)],
        }[block.language]
        return self._run(block, words, None if block.language == "sh" else is_shown)

    def _run(
        self, block: Block, words: Sequence[str], is_shown: Callable[[str], bool] | None
    ) -> str:
        # Programs of earlier blocks may still write to their own files.
        stdout, stderr = (self.folder / f".{name}_{block.line}" for name in ("stdout", "stderr"))
        with stdout.open("wb") as out, stderr.open("wb") as err:
            process = subprocess.Popen(
                words,
                cwd=self.folder,
                env=self.variables(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        self._started.append(process)
        deadline = time.monotonic() + LONGEST_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            if is_shown is not None and is_shown(stdout.read_text()):
                return stdout.read_text()
            time.sleep(_POLL_SECONDS)
        printed = stdout.read_text()
        if process.returncode != 0:
            how = "has not ended" if process.returncode is None else f"exit {process.returncode}"
            raise BlockError(f"{block}: {how}\n{printed[-2000:]}\n{stderr.read_text()[-2000:]}")
        return printed


def write_curl(folder: Path, curl: str) -> None:
    """Put a `curl` before the real one that ends streams and fails at a refusal."""
    program = folder / "curl"
    program.write_text(CURL.format(curl=curl, seconds=_STREAM_SECONDS))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


async def query(superuser_url: str, text: str) -> tuple[list[str], list[list[str]]]:
    """Run statements with the rights of the reader; return columns and rows of the last one."""
    connection = await asyncpg.connect(superuser_url)
    try:
        await connection.execute("SET SESSION AUTHORIZATION flights_reader")
        rows: list[asyncpg.Record] = []
        columns: list[str] = []
        for statement in filter(str.strip, text.split(";\n")):
            prepared = await connection.prepare(statement.rstrip().rstrip(";"))
            columns = [attribute.name for attribute in prepared.get_attributes()]
            rows = await prepared.fetch()
    finally:
        await connection.close()
    return columns, [["" if cell is None else str(cell) for cell in row] for row in rows]
