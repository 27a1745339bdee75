"""Read the fenced blocks of a Markdown page, and pair each command with the answer below it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COMMANDS = frozenset({"sh", "python", "js", "ts", "html", "sql"})
"""Languages that are run."""

ANSWERS = frozenset({"json", "csv", "text", "yaml"})
"""Languages that show what the command above them printed."""

_BLOCK = re.compile(
    r"^(?P<fence>```+)(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=fence) *$", re.MULTILINE | re.DOTALL
)
_NOTES = re.compile(r"(?:<!-- (?P<name>not run|in a page of|refused): (?P<value>[^>]+?) -->\s*)\Z")


class PageError(ValueError):
    """A block that the test cannot place; the text says which, and what to do."""


@dataclass(frozen=True)
class Block:
    """One fenced block.

    `file` is the name after the language, under which a reader is to save the text. `not_run` is
    the reason of the comment `<!-- not run: … -->` above the block, None where there is none;
    `origin` is the address of `<!-- in a page of: … -->`, where a browser is to run the block, and
    `refused` the status of `<!-- refused: … -->`, which the server is to answer.
    """

    page: str
    line: int
    language: str
    text: str
    file: str = ""
    not_run: str | None = None
    origin: str = ""
    refused: str = ""

    def __str__(self) -> str:
        return f"{self.page}:{self.line} ({self.language or 'no language'})"


@dataclass(frozen=True)
class Step:
    """A block that is run, and the answer that the page shows for it; None where it shows none."""

    command: Block
    answer: Block | None = None


def read_blocks(page: str, markdown: str) -> Iterator[Block]:
    """Yield all fenced blocks of a page in their order."""
    for match in _BLOCK.finditer(markdown):
        language, _, file = match["info"].strip().partition(" ")
        note = _NOTES.search(markdown[: match.start()])
        notes = {note["name"]: note["value"]} if note else {}
        yield Block(
            page=page,
            line=markdown.count("\n", 0, match.start()) + 1,
            language=language,
            text=match["text"],
            file=file,
            not_run=notes.get("not run"),
            origin=notes.get("in a page of", ""),
            refused=notes.get("refused", ""),
        )


def read_page(path: Path, root: Path) -> list[Block]:
    """Return the blocks of a file, named by its path below the project's folder."""
    return list(read_blocks(str(path.relative_to(root)), path.read_text()))


def steps(blocks: list[Block]) -> list[Step]:
    """Return what is to be run, in order, each with its answer.

    Raises:
        PageError: A block is of a kind that is neither run nor compared and bears no reason, or an
            answer has no command above it.
    """
    found: list[Step] = []
    for previous, block in zip([None, *blocks], blocks, strict=False):
        if block.not_run is not None:
            continue
        if block.language in COMMANDS:
            found.append(Step(block))
        elif block.language not in ANSWERS:
            raise PageError(
                f"{block}: neither a command ({', '.join(sorted(COMMANDS))}) nor an answer"
                f" ({', '.join(sorted(ANSWERS))}): name its language, or put the comment"
                " `<!-- not run: REASON -->` above it"
            )
        elif previous is None or not found or found[-1].command is not previous:
            raise PageError(
                f"{block}: shows an answer, but the block above it is no command that is run: put"
                " it below its command, or the comment `<!-- not run: REASON -->` above it"
            )
        else:
            found[-1] = Step(previous, block)
    return found
