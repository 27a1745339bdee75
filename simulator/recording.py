"""Recorded answers shown again as if they were new: looped, and shifted to the present."""

import gzip
import math
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, pairwise
from pathlib import Path
from typing import NamedTuple

import msgspec

from simulator.picture import COLUMNS, LAST_CONTACT, TIME_POSITION, Picture, Row

DEFAULT_INTERVAL = 10.0  # seconds, where the recording does not say
_LONGEST_PAUSE = 3600  # a longer one is two recordings side by side, not one with a pause
_ENDINGS = (".json", ".json.gz", ".ndjson", ".ndjson.gz")


class UnreadableRecording(Exception):  # noqa: N818 - named after what is wrong, not "Error"
    """A recording cannot be played; the message says which, where and what to do."""


class _Answer(msgspec.Struct):
    time: int
    states: list[Row] | None


class _Kept(NamedTuple):
    """An answer as recorded: bytes, because a day of decoded rows would not fit into memory."""

    time: int
    body: bytes


class Recording:
    """A sequence of answers in a loop that begins with the first request.

    The loop also extends backwards: a moment before the first request shows the answer that
    an endless loop would have shown then, so the last answer comes just before the first.

    Args:
        paths: Files with one answer (.json) or one answer a line (.ndjson), both also gzipped;
            they are played in this order.
        interval: Seconds for which an answer is shown; None means as recorded, and
            DEFAULT_INTERVAL where that is unknown (one answer, or a jump in recorded time).

    Raises:
        UnreadableRecording: A file is missing, is not a recording or is damaged.
    """

    is_known_ahead = False  # the moment of the first request is not known

    def __init__(self, paths: list[Path], *, interval: float | None = None) -> None:
        self._answers = [answer for path in paths for answer in _read(path)]
        if not self._answers:
            names = ", ".join(str(path) for path in paths)
            raise UnreadableRecording(f"{names}: no answer inside; give a file with at least one")
        spacings = _spacings([answer.time for answer in self._answers], interval)
        self._offsets = [0.0, *accumulate(spacings[:-1])]
        self._duration = sum(spacings)
        self._start: float | None = None

    def step_at(self, moment: float) -> int:
        """Return the number of the answer shown at a Unix time; the first call starts the loop."""
        if self._start is None:
            self._start = moment
        loop, since = divmod(moment - self._start, self._duration)
        return int(loop) * len(self._answers) + bisect_right(self._offsets, since) - 1

    def picture(self, step: int) -> Picture:
        """Return an answer with its timestamps shifted to the moment it is shown."""
        loop, place = divmod(step, len(self._answers))
        shown = (self._start or 0.0) + loop * self._duration + self._offsets[place]
        kept = self._answers[place]
        rows = _decode(kept.body).states
        shift = math.floor(shown) - kept.time
        for row in rows or ():
            for column in (TIME_POSITION, LAST_CONTACT):
                recorded = row[column]
                if isinstance(recorded, int):
                    row[column] = recorded + shift
        return Picture(kept.time + shift, rows)


def _spacings(times: list[int], interval: float | None) -> list[float]:
    """Return how long each answer is shown; the last one as long as the one before it."""
    if interval is not None:
        return [interval] * len(times)
    spacings = [
        float(later - earlier) if 0 < later - earlier <= _LONGEST_PAUSE else DEFAULT_INTERVAL
        for earlier, later in pairwise(times)
    ]
    return [*spacings, spacings[-1] if spacings else DEFAULT_INTERVAL]


def _read(path: Path) -> Iterator[_Kept]:
    if not path.name.endswith(_ENDINGS):
        raise UnreadableRecording(
            f"{path}: not a recording by its name; it must end in {', '.join(_ENDINGS)}"
        )
    content = _content(path)
    if ".ndjson" not in path.name:
        yield _checked(content, str(path))
        return
    for number, line in enumerate(content.splitlines(), start=1):
        if line.strip():
            yield _checked(line, f"{path}, line {number}")


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if path.suffix == ".gz" else content
    except FileNotFoundError:
        raise UnreadableRecording(f"{path}: no such file; check --replay") from None
    except (EOFError, zlib.error) as error:
        raise UnreadableRecording(f"{path}: damaged gzip ({error}); copy it again") from error
    except OSError as error:
        raise UnreadableRecording(f"{path}: cannot be read ({error}); check --replay") from error


def _checked(body: bytes, place: str) -> _Kept:
    try:
        answer = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableRecording(
            f"{place}: not an answer of /states/all ({error}); "
            'each must be a JSON object {"time": …, "states": […]}'
        ) from error
    for number, row in enumerate(answer.states or ()):
        if len(row) < COLUMNS:
            raise UnreadableRecording(
                f"{place}, row {number}: {len(row)} columns; a state vector has at least {COLUMNS}"
            )
    return _Kept(answer.time, body)


def _decode(body: bytes) -> _Answer:
    return msgspec.json.decode(body, type=_Answer)
