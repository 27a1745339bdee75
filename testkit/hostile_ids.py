"""Last-Event-IDs of every kind that a client may send, valid ones among them."""

import random
import string
from collections.abc import Callable, Iterator

from testkit.clients import Visit
from testkit.sky_process import address

WHOLE = "/sse/flights"
BOXED = "/sse/flights?format=row&bbox=0,40,20,55"
OVERSIZED_BYTES = 20_000
_BASE_36 = string.digits + string.ascii_lowercase
_TO_HEADER_BYTES = bytes(byte if byte > 0x20 and byte != 0x7F else 0x21 for byte in range(0x100))
"""Maps bytes to those that a header may contain; blanks would be stripped."""


class HostileIds:
    """Makes visits with ids that derive from the log position, which the test keeps current.

    Only visits of the kind `true` may be gone on from where they were; each other is due a reset.
    """

    def __init__(self, seed: int, position: str) -> None:
        self.position = position
        self._chance = random.Random(seed)
        self._kinds: dict[str, Callable[[], tuple[str, bytes]]] = {
            "true": lambda: (WHOLE, self.position.encode()),
            "other epoch": lambda: (WHOLE, f"another.{self._offsets(lambda o: o)}".encode()),
            "too old": lambda: (WHOLE, f"{self._epoch}.{self._offsets(lambda _: 0)}".encode()),
            "other view": lambda: (WHOLE, f"{self.position}.deadbeef".encode()),
            "view without its tag": lambda: (BOXED, self.position.encode()),
            "too few partitions": lambda: (WHOLE, f"{self._epoch}.zz".encode()),
            "ahead": lambda: (
                WHOLE,
                f"{self._epoch}.{self._offsets(lambda o: o + 10**9)}".encode(),
            ),
            "garbage": lambda: (BOXED, self._garbage(self._chance.randrange(1, 200))),
            "oversized": lambda: (WHOLE, self._garbage(OVERSIZED_BYTES)),
            "oversized number": lambda: (WHOLE, f"{self._epoch}.{'z' * 12_000}".encode()),
        }

    def visits(self) -> Iterator[Visit]:
        """Yield visits without end."""
        while True:
            kind = self._chance.choice(list(self._kinds))
            path, last_event_id = self._kinds[kind]()
            yield Visit(
                kind=kind,
                path=path,
                encoding=self._chance.choice(["identity", "gzip", "zstd"]),
                last_event_id=last_event_id,
                address=address(self._chance),
            )

    @property
    def _epoch(self) -> str:
        return self.position.partition(".")[0]

    def _offsets(self, change: Callable[[int], int]) -> str:
        return change_offsets(self.position, change)

    def _garbage(self, length: int) -> bytes:
        return self._chance.randbytes(length).translate(_TO_HEADER_BYTES)


def change_offsets(position: str, change: Callable[[int], int]) -> str:
    """Return the offsets of a log position after each was changed, as ids of events have them."""
    offsets = position.split(".")[1].split("-")
    return "-".join(_to_base_36(change(int(offset, 36))) for offset in offsets)


def _to_base_36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _BASE_36[digit] + digits
    return digits or "0"
