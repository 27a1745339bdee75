"""A cache with a budget in bytes: what was used least recently goes first."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

ENTRY_BYTES = 512
"""What an entry costs besides its value: its key, its place in the table, the value's container."""


class ByteCache:
    """Keeps what is made out of what clients choose, of which there is no end.

    Values count with the bytes that they are stored under, and `ENTRY_BYTES` each, so that ever new
    keys for nothing fill no memory either. Whatever is missing is made again, so nothing depends on
    what is kept.

    Args:
        budget_bytes: Of all that is kept at a time.
    """

    def __init__(self, budget_bytes: int) -> None:
        self._budget_bytes = budget_bytes
        self._used_bytes = 0
        self._entries: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def used_bytes(self) -> int:
        """What is kept costs so much; never more than the budget."""
        return self._used_bytes

    def get(self, key: Hashable) -> Any:  # noqa: ANN401 - whatever was stored
        """Return what is kept under a key, or None."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def store(self, key: Hashable, value: object, value_bytes: int) -> bool:
        """Keep a value in the place of what was used least recently; whether there was room.

        A value that takes more than the budget is not kept, and nothing has to go for it.
        """
        self._remove(key)
        cost = value_bytes + ENTRY_BYTES
        if cost > self._budget_bytes:
            return False
        while self._used_bytes + cost > self._budget_bytes:
            self._remove(next(iter(self._entries)))
        self._entries[key] = value, cost
        self._used_bytes += cost
        return True

    def _remove(self, key: Hashable) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._used_bytes -= entry[1]
