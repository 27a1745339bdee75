"""Tells whether a file may have changed, without reading it."""

from pathlib import Path


def file_signature(path: Path) -> object:
    """Return what changes when a file is replaced or written; None if it cannot be looked at.

    Size and times may be equal although the content is another one: compare that too where it
    matters.
    """
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
