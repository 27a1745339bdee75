"""The files that `docker build` sees: those that .dockerignore does not leave out."""

import fnmatch
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath


class BuildContext:
    """The files of a folder; the last pattern of .dockerignore that matches decides on each.

    Patterns are paths, `*`, and `**/NAME`, each also with `!` before it to let something in.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        lines = (folder / ".dockerignore").read_text().splitlines()
        self._patterns = [line for line in lines if line and not line.startswith("#")]

    def files(self, source: str) -> Iterator[PurePosixPath]:
        """Give the paths, relative to the folder, of the file or of all files below the folder.

        Raises:
            FileNotFoundError: There is none, or .dockerignore leaves all of them out.
        """
        found = sorted(path for path in self._walk(source) if self.is_sent(path))
        if not found:
            raise FileNotFoundError(
                f"COPY {source}: it is not there, or .dockerignore leaves it out"
            )
        yield from found

    def is_sent(self, path: PurePosixPath) -> bool:
        """Whether .dockerignore lets a path in."""
        is_sent = True
        for pattern in self._patterns:
            if _matches(pattern.removeprefix("!"), path):
                is_sent = pattern.startswith("!")
        return is_sent

    def _walk(self, source: str) -> Iterator[PurePosixPath]:
        start = self.folder / source
        if start.is_file():
            yield PurePosixPath(source)
        for place, folders, files in os.walk(start):
            within = PurePosixPath(Path(place).relative_to(self.folder).as_posix())
            folders[:] = [name for name in folders if self.is_sent(within / name)]
            yield from (within / name for name in files)


def _matches(pattern: str, path: PurePosixPath) -> bool:
    """Whether a pattern names a path or a folder that it is in."""
    if pattern.startswith("**/"):
        return pattern.removeprefix("**/") in path.parts
    heads = (path, *path.parents)
    return any(_matches_whole(pattern, head) for head in heads if head.parts)


def _matches_whole(pattern: str, path: PurePosixPath) -> bool:
    parts = pattern.split("/")
    return len(parts) == len(path.parts) and all(
        fnmatch.fnmatchcase(part, wanted) for part, wanted in zip(path.parts, parts, strict=True)
    )
