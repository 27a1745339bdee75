"""Aircraft as columns, so that a filter costs microseconds; each is made at its first use."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from processor.reference.identity import IDENTITY_FIELDS
from processor.stream.aircraft import Aircraft
from processor.stream.output_format import OutputFormat
from processor.stream.slices import Slices
from telemetry.state_vector import StateVector

Mask = NDArray[np.bool_]
Indices = NDArray[np.intp]
Floats = NDArray[np.float64]
Rows = NDArray[np.object_]

_NONE: Indices = np.empty(0, dtype=np.intp)
_LAST_CHARACTER = "\U0010ffff"


class Columns:
    """Columns of equal length. A missing number is NaN, for which every comparison is false."""

    def __init__(self, aircraft: Sequence[Aircraft], parts: "Sequence[Columns]" = ()) -> None:
        """Describe some aircraft.

        Args:
            aircraft: The aircraft.
            parts: Columns of the same aircraft in this order, whose numbers are used.
        """
        self.aircraft = aircraft
        self._parts = parts
        self._floats: dict[str, Floats] = {}
        self._groups: dict[str, Mapping[Hashable, Indices]] = {}

    @classmethod
    def joined(cls, parts: "Sequence[Columns]") -> "Columns":
        """Return the aircraft of several columns, one after another."""
        return cls(list(chain.from_iterable(part.aircraft for part in parts)), parts)

    @classmethod
    def merged(cls, parts: "Sequence[Columns]", order: Indices) -> "Slices[Columns]":
        """Return the aircraft of several columns in an order.

        Args:
            parts: The columns. Those numbers are kept which the first part has.
            order: The indices of the aircraft in the sequence of all parts.
        """
        joined = cls.joined(parts)
        for field in parts[0]._floats:  # noqa: SLF001
            joined.floats(field)
            yield
        return joined.take(order)

    def __len__(self) -> int:
        return len(self.aircraft)

    @cached_property
    def _state_vectors(self) -> list[StateVector]:
        return [one.state_vector for one in self.aircraft]

    def at(self, indices: Indices) -> list[Aircraft]:
        """Return the aircraft at some indices."""
        return [self.aircraft[index] for index in indices.tolist()]

    def take(self, indices: Indices) -> "Columns":
        """Return the aircraft at some indices, with the numbers that are known already."""
        taken = Columns(self.at(indices))
        taken._floats |= {field: values[indices] for field, values in self._floats.items()}
        return taken

    def rows(self, output_format: OutputFormat) -> Rows:
        """Return all aircraft as JSON, in an array from which indices select many at once."""
        rows = np.empty(len(self), dtype=np.object_)
        rows[:] = [aircraft.encode(output_format) for aircraft in self.aircraft]
        return rows

    def empty_mask(self) -> Mask:
        """Return a new mask that selects no aircraft."""
        return np.zeros(len(self), dtype=np.bool_)

    def floats(self, field: str) -> Floats:
        """Return a numeric field; NaN where it was not received."""
        if field not in self._floats:
            self._floats[field] = self._make_floats(field)
        return self._floats[field]

    def _make_floats(self, field: str) -> Floats:
        if self._parts:
            return np.concatenate([part.floats(field) for part in self._parts])
        values = list(map(attrgetter(field), self._state_vectors))
        return np.array(values, dtype=np.float64)

    @cached_property
    def altitude(self) -> Floats:
        """Barometric altitude (m), or the geometric one where only that was received."""
        barometric = self.floats("baro_altitude")
        return np.where(np.isnan(barometric), self.floats("geo_altitude"), barometric)

    @cached_property
    def on_ground(self) -> Mask:
        """Whether each aircraft is on the ground."""
        return np.array([state.on_ground for state in self._state_vectors], dtype=np.bool_)

    @cached_property
    def by_latitude(self) -> tuple[Indices, Floats, Floats]:
        """Indices from south to north, with latitudes and longitudes (degrees)."""
        latitudes = self.floats("latitude")
        order = np.argsort(latitudes)
        return order, latitudes[order], self.floats("longitude")[order]

    def band(self, south: float, north: float) -> tuple[Indices, Floats, Floats]:
        """Return the aircraft between two latitudes: indices, latitudes, longitudes."""
        order, latitudes, longitudes = self.by_latitude
        # NaN is sorted last, behind every number that is searched for.
        first = latitudes.searchsorted(south)
        last = latitudes.searchsorted(north, side="right")
        return order[first:last], latitudes[first:last], longitudes[first:last]

    def with_value(self, field: str, value: Hashable) -> Indices:
        """Return the indices of the aircraft with a value in a field; texts are in lower case."""
        if field not in self._groups:
            self._groups[field] = self._group(field)
        return self._groups[field].get(value, _NONE)

    def _group(self, field: str) -> Mapping[Hashable, Indices]:
        groups: dict[Hashable, list[int]] = defaultdict(list)
        source = self.aircraft if field in IDENTITY_FIELDS else self._state_vectors
        for index, value in enumerate(map(attrgetter(field), source)):
            groups[value.casefold() if isinstance(value, str) else value].append(index)
        return {value: np.array(indices, dtype=np.intp) for value, indices in groups.items()}

    def with_callsign(self, prefix: str) -> Indices:
        """Return the indices of the aircraft whose callsign begins with a text in lower case."""
        callsigns, indices = self._by_callsign
        first = bisect_left(callsigns, prefix)
        last = bisect_left(callsigns, prefix + _LAST_CHARACTER)
        return indices[first:last]

    @cached_property
    def _by_callsign(self) -> tuple[list[str], Indices]:
        pairs = sorted(
            (state.callsign.casefold(), index)
            for index, state in enumerate(self._state_vectors)
            if state.callsign is not None
        )
        return [text for text, _ in pairs], np.array([i for _, i in pairs], dtype=np.intp)
