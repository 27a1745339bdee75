"""A cache with a budget in bytes that drops the least recently used entries first."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

ENTRY_BYTES = 512
"""Estimated cost of an entry besides its value: the key, its slot in the table, the container."""


class ByteCache:
    """Keeps values whose keys clients choose, so that their number has no bound.

    An entry costs the size that is given for its value plus `ENTRY_BYTES`, so many keys with empty
    values cannot fill the memory either. A missing value is made again, so correctness never
    depends on what is kept.

    Args:
        budget_bytes: Bound of the cost of all entries together.
    """

    def __init__(self, budget_bytes: int) -> None:
        self._budget_bytes = budget_bytes
        self._used_bytes = 0
        self._entries: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def used_bytes(self) -> int:
        """Cost of all entries; never more than the budget."""
        return self._used_bytes

    def get(self, key: Hashable) -> Any:  # noqa: ANN401 - any value can be stored
        """Return the value of a key, or None if it is not kept."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def store(self, key: Hashable, value: object, value_bytes: int) -> bool:
        """Keep a value, and drop as many of the least recently used entries as that takes.

        Returns:
            Whether the value is kept. One that exceeds the whole budget is not, and displaces none.
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
