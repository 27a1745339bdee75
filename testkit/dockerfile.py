"""Read a Dockerfile into stages of instructions, and refuse what is not known here."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field

_KNOWN = frozenset(
    {"ARG", "CMD", "COPY", "ENV", "FROM", "LABEL", "RUN", "STOPSIGNAL", "USER", "WORKDIR"}
)
_VARIABLE = re.compile(r"\$(\w+)")


class DockerfileError(Exception):
    """A line of the Dockerfile cannot be followed; the message has the line."""


@dataclass(frozen=True)
class Instruction:
    """One instruction: its name in capitals and what follows it, with continued lines joined."""

    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """The words of the text, without quotes."""
        return shlex.split(self.text)

    @property
    def pairs(self) -> dict[str, str]:
        """The `name=value` words of ENV, ARG and LABEL.

        Raises:
            DockerfileError: A word has no `=`.
        """
        if wrong := [word for word in self.words if "=" not in word]:
            raise DockerfileError(f"{self.name} {self.text}: write {wrong[0]!r} as name=value")
        return dict(word.split("=", 1) for word in self.words)


@dataclass
class Stage:
    """What follows one FROM."""

    base: str
    name: str
    instructions: list[Instruction] = field(default_factory=list)


def parse(text: str) -> list[Stage]:
    """Return the stages of a Dockerfile, the one that becomes the image last.

    Raises:
        DockerfileError: An instruction is not one of `_KNOWN`, or stands before the first FROM.
    """
    stages: list[Stage] = []
    for instruction in _instructions(text):
        if instruction.name == "FROM":
            stages.append(_stage(instruction))
        elif not stages:
            raise DockerfileError(
                f"{instruction.name} {instruction.text}: it needs a FROM before it"
            )
        else:
            stages[-1].instructions.append(instruction)
    return stages


def fill_in(text: str, values: dict[str, str]) -> str:
    """Replace `$NAME` by its value.

    Raises:
        DockerfileError: A name has no value.
    """
    if missing := [name for name in _VARIABLE.findall(text) if name not in values]:
        raise DockerfileError(f"{text}: ${missing[0]} has no value; set it by ENV or ARG")
    return _VARIABLE.sub(lambda found: values[found[1]], text)


def command(instruction: Instruction) -> list[str]:
    """Return the words of a CMD: a JSON array, because a shell would not pass signals on."""
    words = json.loads(instruction.text)
    if not isinstance(words, list):
        raise DockerfileError(f"CMD {instruction.text}: write it as a JSON array")
    return [str(word) for word in words]


def _instructions(text: str) -> Iterator[Instruction]:
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        name, _, rest = line.strip().partition(" ")
        if name not in _KNOWN:
            raise DockerfileError(
                f"{line}: {name} is not followed here; add it to testkit/image.py"
            )
        yield Instruction(name, rest.strip())


def _stage(instruction: Instruction) -> Stage:
    match instruction.words:
        case [base]:
            return Stage(base, "")
        case [base, "AS", name]:
            return Stage(base, name)
        case _:
            raise DockerfileError(f"FROM {instruction.text}: FROM BASE, or FROM BASE AS NAME")
