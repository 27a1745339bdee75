"""Limit equal log lines: the first is logged, then one a minute."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

INTERVAL_SECONDS = 60.0
"""Pause between two equal lines."""

MAX_KEYS = 20
"""Different lines that are logged in one interval; beyond this number lines are left out, because
lines that differ each time would fill the log."""


class _Line:
    """One kind of line: when it was logged last and how many were left out since."""

    def __init__(self, logged_at: float) -> None:
        self.logged_at = logged_at
        self.left_out = 0


class Throttle:
    """Decides for each line whether it is logged; any thread may call it."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._lines: OrderedDict[str, _Line] = OrderedDict()

    def admit(self, key: str) -> int | None:
        """Return how many lines of this kind were left out since the last one; None to log none.

        Args:
            key: The line without the parts that vary. A new key is admitted at once.
        """
        with self._lock:
            now = self._monotonic()
            line = self._lines.get(key)
            if line is not None and now - line.logged_at < INTERVAL_SECONDS:
                line.left_out += 1
                return None
            if line is None and not self._make_room(now):
                return None
            self._lines[key] = _Line(now)
            self._lines.move_to_end(key)
            return line.left_out if line else 0

    def _make_room(self, now: float) -> bool:
        """Forget the kind that was logged longest ago, if that was an interval ago."""
        if len(self._lines) < MAX_KEYS:
            return True
        oldest = next(iter(self._lines))
        if now - self._lines[oldest].logged_at < INTERVAL_SECONDS:
            return False
        del self._lines[oldest]
        return True
