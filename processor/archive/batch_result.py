"""What became of a batch."""

import msgspec


class Stored(msgspec.Struct, frozen=True):
    """What became of a batch.

    Attributes:
        n_inserted: Rows that were new.
        n_duplicate: State vectors that were there already, or twice in the batch.
        n_dead: Messages that were set aside.
        refused: How many of those the database refused.
        positions: The next offset of each partition that was stored.
        fenced: Partitions that another instance owns now, with the epoch that is no longer
            valid; nothing of them was stored.
    """

    n_inserted: int
    n_duplicate: int
    n_dead: int
    positions: dict[int, int]
    fenced: dict[int, int]
    refused: int = 0

    @property
    def n_rows(self) -> int:
        """State vectors that the database took or had."""
        return self.n_inserted + self.n_duplicate

    def plus(self, later: "Stored") -> "Stored":
        """Return what became of two batches, one after the other."""
        return Stored(
            n_inserted=self.n_inserted + later.n_inserted,
            n_duplicate=self.n_duplicate + later.n_duplicate,
            n_dead=self.n_dead + later.n_dead,
            positions=self.positions | later.positions,
            fenced=self.fenced | later.fenced,
            refused=self.refused + later.refused,
        )


NOTHING = Stored(n_inserted=0, n_duplicate=0, n_dead=0, positions={}, fenced={})
