"""What changed in a fleet from one tick to the next, and which of it a filter selects."""

from collections.abc import Sequence
from functools import cached_property

import msgspec
import numpy as np

from processor.stream.aircraft import Aircraft
from processor.stream.columns import Columns, Indices, Rows
from processor.stream.filter import Filter
from processor.stream.slices import Slices


class Changes(msgspec.Struct, frozen=True, dict=True):
    """The difference between the fleet at one tick and at the tick before.

    Attributes:
        after_columns: The aircraft that changed, as they are, by icao24: similar neighbours save a
            twentieth of the bytes after compression.
        before_columns: Those of them that were in the fleet already, as they were.
        removed_columns: The aircraft that left the fleet, as they were.
        identified: The same with the aircraft that changed in their identity alone, which only
            subscribers that asked for identities are sent; None if there are none.
    """

    after_columns: Columns
    before_columns: Columns
    removed_columns: Columns
    identified: "Changes | None" = None

    @classmethod
    def of(
        cls,
        *,
        after: Sequence[Aircraft] = (),
        before: Sequence[Aircraft] = (),
        removed: Sequence[Aircraft] = (),
    ) -> "Changes":
        """Return the changes of some aircraft; the arguments are as the attributes."""
        return cls(Columns(after), Columns(before), Columns(removed))

    @property
    def after(self) -> Sequence[Aircraft]:
        """The aircraft that changed, as they are."""
        return self.after_columns.aircraft

    @property
    def before(self) -> Sequence[Aircraft]:
        """Those of `after` that were in the fleet already, as they were."""
        return self.before_columns.aircraft

    @property
    def removed(self) -> Sequence[Aircraft]:
        """The aircraft that left the fleet, as they were."""
        return self.removed_columns.aircraft

    def __bool__(self) -> bool:
        return bool(self.after or self.removed)

    def seen_by(self, *, with_identity: bool) -> "Changes":
        """Return what subscribers are sent that asked for identities, or that did not."""
        return self.identified if with_identity and self.identified is not None else self

    @cached_property
    def held_columns(self) -> Columns:
        """`before`, then `removed`: what subscribers may hold of all that changed."""
        return Columns.joined([self.before_columns, self.removed_columns])

    def prepare_filters(self) -> Slices[None]:
        """Make what `select` uses for boxes, before it is called."""
        both = self._both_columns
        for field in ("latitude", "longitude"):
            yield
            both.floats(field)
        yield
        _ = both.by_latitude
        yield
        _ = self._index_after
        yield

    @property
    def is_filtered(self) -> bool:
        """Whether `select` was called with a filter."""
        return "_both_columns" in self.__dict__

    def select(self, query_filter: Filter, rows: Rows) -> tuple[list[bytes], list[str]]:
        """Return what a subscriber with a filter is sent.

        Args:
            query_filter: The filter of its query.
            rows: `after`, encoded.

        Returns:
            The rows of the aircraft that changed and pass the filter, and the addresses of those
            that passed it before and do not pass it any more.
        """
        if query_filter.is_everything:
            return rows.tolist(), [aircraft.icao24 for aircraft in self.removed]
        # One search covers both states of each aircraft, because the search is what costs time.
        columns = self._both_columns
        found = query_filter.find(columns)
        n_passing = found.searchsorted(len(rows))
        passing, passed_before = found[:n_passing], found[n_passing:]
        # The last element belongs to no aircraft: index -1 of `_index_after` selects it.
        is_passing = np.zeros(len(rows) + 1, dtype=np.bool_)
        is_passing[passing] = True
        gone = passed_before[~is_passing[self._index_after[passed_before - len(rows)]]]
        return (
            rows[passing].tolist(),
            [columns.aircraft[index].icao24 for index in gone.tolist()],
        )

    @cached_property
    def _both_columns(self) -> Columns:
        """First the changed aircraft as they are, then the changed and removed as they were."""
        return Columns.joined([self.after_columns, self.before_columns, self.removed_columns])

    @cached_property
    def _index_after(self) -> Indices:
        """For each aircraft of `before` and `removed`, its index in `after`, or -1 if removed."""
        indices = {aircraft.icao24: index for index, aircraft in enumerate(self.after)}
        both = [*self.before, *self.removed]
        return np.array([indices.get(aircraft.icao24, -1) for aircraft in both], np.intp)
