"""A wall clock for the processes of a test, which the test can set."""

import shutil
import struct
import subprocess
from pathlib import Path

from testkit.fault_record import record_faults

_SOURCE = Path(__file__).with_name("fake_clock.c")


def unavailable_reason() -> str | None:
    """Return why it is not available on this machine, None if it is."""
    return None if shutil.which("cc") else "no C compiler (cc), which the fake clock needs"


class FakeClock:
    """The wall clock of processes with this environment; their monotonic clock is unchanged.

    What was waiting for a moment of the wall clock goes on waiting for it when that is set back,
    as on a machine whose clock is set; libfaketime does not do that.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "ahead"
        library = folder / "fake_clock.so"
        command = ["cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(_SOURCE)]
        subprocess.run(command, check=True, capture_output=True)
        self.environment = {"LD_PRELOAD": str(library), "FAKE_CLOCK": str(self._file)}
        self._file.write_bytes(_encode(0))

    def set_ahead(self, seconds: int) -> None:
        """Set the clock ahead of the true time by seconds; negative is behind."""
        record_faults()
        # In place, for it is mapped; eight bytes are written at once.
        with self._file.open("r+b") as file:
            file.write(_encode(seconds))


def _encode(seconds: int) -> bytes:
    return struct.pack("=q", seconds * 1_000_000_000)
