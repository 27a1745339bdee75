"""Ctrl-C, SIGTERM and a closed terminal: the first asks to stop, a second one to hurry."""

import contextlib
import os
import select
import signal
from collections.abc import Iterator
from types import FrameType

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopSignals:
    """Counts the signals, and wakes the tasks that wait here; `first` is the name of the first.

    A pipe and not an event: a handler that sets a `threading.Event` on which the main thread is
    waiting may wait for itself.
    """

    def __init__(self) -> None:
        self._count = 0
        self.first = ""
        self._interrupts = False
        self._readable, self._writable = os.pipe()
        for end in (self._readable, self._writable):
            os.set_blocking(end, False)

    @property
    def has_stopped(self) -> bool:
        """Whether a signal came."""
        return self._count > 0

    @property
    def is_hurried(self) -> bool:
        """Whether another one came after it."""
        return self._count > 1

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Take the signals over."""
        # What nohup and job control ignore stays ignored.
        numbers = [each for each in _NUMBERS if signal.getsignal(each) != signal.SIG_IGN]
        before = {number: signal.signal(number, self._on_signal) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextlib.contextmanager
    def interrupting(self) -> Iterator[None]:
        """Let the first signal end what goes on inside, with KeyboardInterrupt.

        For the start, whose steps wait for other programs and may wait for long.
        """
        self._interrupts = True
        try:
            yield
        finally:
            self._interrupts = False

    def wait(self, seconds: float) -> None:
        """Wait, but not beyond the next signal."""
        ready, _, _ = select.select([self._readable], [], [], max(0.0, seconds))
        if ready:
            os.read(self._readable, 16)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._count += 1
        self.first = self.first or signal.Signals(number).name
        if self._interrupts:
            self._interrupts = False
            raise KeyboardInterrupt
        with contextlib.suppress(BlockingIOError):
            os.write(self._writable, b"!")
