"""Samples the memory of a process in a thread."""

import threading
import time
from types import TracebackType
from typing import NamedTuple, Self

from testkit.process_resources import resident_kib, resident_with_files_kib


class Sample(NamedTuple):
    """Memory of a process at a time.

    Attributes:
        at: The time (monotonic seconds).
        anonymous_kib: Memory that is not shared with files.
        resident_kib: All memory, with the pages of programs.
    """

    at: float
    anonymous_kib: int
    resident_kib: int


class MemorySampling:
    """Samples during the block.

    Attributes:
        samples: All samples so far, in order of time.
    """

    def __init__(self, pid: int, interval_s: float) -> None:
        self.samples: list[Sample] = []
        self._pid = pid
        self._interval_s = interval_s
        self._has_ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="memory sampling", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._has_ended.set()
        self._thread.join()

    def peak_kib(self, began_at: float, ended_at: float) -> int:
        """Return the most memory that is not shared with files between two times."""
        return max(each.anonymous_kib for each in self.samples if began_at <= each.at <= ended_at)

    def _sample(self) -> None:
        while not self._has_ended.wait(self._interval_s):
            kib = resident_kib(self._pid), resident_with_files_kib(self._pid)
            self.samples.append(Sample(time.monotonic(), *kib))
