"""The result of storing a batch."""

from collections import Counter
from collections.abc import Mapping

import msgspec

from processor.archive.time_window import Reason


class Stored(msgspec.Struct, frozen=True):
    """The result of storing a batch.

    Attributes:
        n_inserted: Rows that were new.
        n_duplicate: State vectors that were stored before, or twice in the batch.
        n_dead: Rows, or messages without a row, that became dead letters.
        n_messages: The messages that held all of these.
        refused: How many of the dead letters the database had refused as rows.
        untimely: How many of them have a time that cannot be true, by reason.
        n_skipped: Offsets of the log without a message: its gaps.
        next_offsets: The stored offset of each partition after the batch.
        seconds: How long storing took, with all attempts.
        fenced: Partitions that another instance owns, and this instance's epoch, which is not
            valid any more; nothing of them was stored.
    """

    n_inserted: int
    n_duplicate: int
    n_dead: int
    next_offsets: dict[int, int]
    fenced: dict[int, int]
    n_messages: int = 0
    refused: int = 0
    untimely: Mapping[Reason, int] = {}
    n_skipped: int = 0
    seconds: float = 0.0

    @property
    def n_rows(self) -> int:
        """State vectors that the database took, or had already."""
        return self.n_inserted + self.n_duplicate

    def plus(self, later: "Stored") -> "Stored":
        """Return the result of this batch and a later one together."""
        return Stored(
            n_inserted=self.n_inserted + later.n_inserted,
            n_duplicate=self.n_duplicate + later.n_duplicate,
            n_dead=self.n_dead + later.n_dead,
            n_messages=self.n_messages + later.n_messages,
            next_offsets=self.next_offsets | later.next_offsets,
            fenced=self.fenced | later.fenced,
            refused=self.refused + later.refused,
            untimely=Counter(self.untimely) + Counter(later.untimely),
            n_skipped=self.n_skipped + later.n_skipped,
            seconds=self.seconds + later.seconds,
        )


NOTHING = Stored(n_inserted=0, n_duplicate=0, n_dead=0, next_offsets={}, fenced={})
