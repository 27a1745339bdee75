"""A disk of some megabytes, which a test fills."""

import contextlib
import errno
import subprocess
from collections.abc import Iterator
from pathlib import Path
from unittest import SkipTest

from testkit.fault_record import record_faults

_BYTES = 48 * 2**20


class SmallDisk:
    """A folder in memory; `small_disk` mounts it.

    Attributes:
        folder: Where it is mounted.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self) -> None:
        """Use all the space that is left."""
        record_faults()
        try:
            with self._filler.open("wb", buffering=0) as file:
                # A write that does not fit takes what is left; the one after it fails.
                while file.write(bytes(_BYTES)):
                    pass
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise

    def relieve(self) -> None:
        """Give back the space that `fill` took."""
        self._filler.unlink()


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """Mount the disk at a new folder; skip the test where this user may not mount.

    Raises:
        SkipTest: Mounting takes root.
    """
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={_BYTES}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mounting, capture_output=True, text=True, check=False)
    except OSError as error:
        raise SkipTest(f"a small disk cannot be mounted: {error}") from error
    if done.returncode != 0:
        raise SkipTest(f"a small disk can be mounted by root only: {done.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True)
