"""The result of an audit: the first violation, or what was compared and what was not."""

from typing import NamedTuple

import msgspec


class Violation(Exception):  # noqa: N818 - a finding, named as such everywhere
    """A message was lost or stored twice, or the tables were changed by hand."""


class NothingToAudit(Exception):  # noqa: N818 - as above
    """There is neither a ledger nor a row: nothing was stored, or everything was removed."""


class LedgerTotals(NamedTuple):
    """What the ledger says was stored; the fields are in the order of the statement `totals`."""

    n_transactions: int
    n_partitions: int
    n_in: int
    n_rows: int
    n_inserted: int
    n_duplicate: int
    n_dead: int
    n_gaps: int
    n_without_digest: int

    @property
    def of_messages(self) -> str:
        """The number of messages, and that of their rows where messages hold several."""
        if self.n_rows == self.n_in:
            return f"{self.n_in} messages"
        return f"{self.n_rows} rows of {self.n_in} messages"


class Proof(msgspec.Struct):
    """What was compared and agrees, and what exists but could not be compared.

    Attributes:
        totals: The totals of the whole ledger.
        n_days: Days whose rows were compared by number and digest.
        n_rows: Rows of those days.
        n_derived_days: Days whose minutes, hours and flights were compared by number.
        compared: Sentences on what else was compared.
        acknowledged: Sentences on losses that an operator has acknowledged.
        not_compared: Sentences on what exists but could not be compared; then it is not clean.
        not_requested: Sentences on what only options compare.
    """

    totals: LedgerTotals
    n_days: int = 0
    n_rows: int = 0
    n_derived_days: int = 0
    compared: list[str] = []
    acknowledged: list[str] = []
    not_compared: list[str] = []
    not_requested: list[str] = []

    @property
    def is_clean(self) -> bool:
        """Whether everything that is stored was compared."""
        return not self.not_compared

    def as_json(self) -> dict[str, object]:
        """Return everything as it is printed with `--json`."""
        verdict = "clean" if self.is_clean else "incomplete"
        totals = self.totals._asdict()
        return {"verdict": verdict, **msgspec.structs.asdict(self), "totals": totals}

    def __str__(self) -> str:
        totals = self.totals
        verdict = "audit clean" if self.is_clean else "audit found nothing wrong"
        first = (
            f"{verdict}: {totals.n_transactions:,} transactions over"
            f" {totals.n_partitions} partitions tile without hole or overlap;"
            f" {totals.of_messages} = {totals.n_inserted} inserted"
            f" + {totals.n_duplicate} duplicates + {totals.n_dead} dead letters;"
            f" {self.n_rows} rows of {self.n_days} days stored as they were inserted"
        )
        lines = [
            first,
            f"compared: minutes, hours and flights of {self.n_derived_days} days by number",
            *(f"compared: {sentence}" for sentence in self.compared),
            *(f"acknowledged: {sentence}" for sentence in self.acknowledged),
            *(f"not compared: {sentence}" for sentence in self.not_compared),
            *(f"not asked for: {sentence}" for sentence in self.not_requested),
        ]
        return "\n".join(lines)


def place(topic: str, partition: int, cluster_id: str) -> str:
    """Return the name of a partition of a log for messages."""
    return f"{topic}[{partition}] of cluster {cluster_id}"
