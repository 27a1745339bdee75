"""Read a packaged table: gzip, UTF-8, a header, and columns between tabs."""

import gzip
from pathlib import Path


def read_lines(path: Path) -> list[str]:
    """Return the lines of a packaged table without its header."""
    return gzip.decompress(path.read_bytes()).decode().splitlines()[1:]
