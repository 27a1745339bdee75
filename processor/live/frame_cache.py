"""The frames of one tick, encoded once for each query and encoder and shared by subscribers."""

from collections.abc import Callable, Hashable, Sequence
from sys import getsizeof
from typing import Any, Literal, TypeAlias

import msgspec

from processor.live.byte_cache import ByteCache
from processor.stream.columns import Columns, Rows
from processor.stream.encoder import CompressionEffort, Encoder, Frame
from processor.stream.events import Event
from processor.stream.log_position import EventId
from processor.stream.output_format import STANDARD_FORMATS, OutputFormat
from processor.stream.query import StreamQuery
from processor.stream.slices import Slices

SELECTION_BYTES = 48 * 1024 * 1024
"""Budget of one tick for changes of the whole fleet with chosen fields. Many subscribers may share
each of them, so their budget is separate from that of filters."""

CHOSEN_BYTES = 16 * 1024 * 1024
"""Budget of one tick for all other frames that depend on a client's choice: changes through a
filter, snapshots, and catch-ups."""

CAREFUL_ENCODINGS = 100
"""Encodings for a few subscribers, in one tick, that are compressed with normal effort. Beyond
them time is scarcer than bytes."""

FramesOf: TypeAlias = Literal["changes"] | tuple[str, int] | EventId
"""What frames contain: the changes, a snapshot with the version of the identities in it, or the
catch-up since an event id."""


class UsedFrames(msgspec.Struct, frozen=True):
    """What subscribers requested in a tick, and are likely to request in the next one.

    It is bounded, because clients cannot choose more than the standard formats and encoders.

    Attributes:
        formats: The standard formats in which the changed aircraft were requested.
        queries: The standard queries, each with its encoder.
    """

    formats: Sequence[OutputFormat]
    queries: Sequence[tuple[StreamQuery, Encoder[Any]]]


class FrameCache:
    """Encodes each thing once in a tick.

    The frames of standard queries are few and are kept without a bound. Clients choose the fields,
    filters and event ids of all others, so those are kept within a budget.

    Args:
        n_caches: How many caches of the same kind exist, which divide `CHOSEN_BYTES`.
    """

    def __init__(self, n_caches: int = 1) -> None:
        self._standard: dict[Hashable, Any] = {}
        self._selections = ByteCache(SELECTION_BYTES)
        self._chosen = ByteCache(CHOSEN_BYTES // n_caches)
        self._n_own_encodings = 0
        self._used_formats: set[OutputFormat] = set()
        self._used_queries: dict[Hashable, tuple[StreamQuery, Encoder[Any]]] = {}

    @property
    def chosen_bytes(self) -> int:
        """Bytes that are kept because of what clients chose."""
        return self._chosen.used_bytes + self._selections.used_bytes

    @property
    def used(self) -> UsedFrames:
        """What was requested until now."""
        return UsedFrames(list(self._used_formats), list(self._used_queries.values()))

    def frames(
        self,
        content: FramesOf,
        query: StreamQuery,
        encoder: Encoder[Frame],
        make_events: Callable[[], Sequence[Event]],
    ) -> tuple[Frame, ...]:
        """Return frames for all subscribers with a query and an encoder; encode them if missing.

        Args:
            content: What the frames contain.
            query: The query that the events answer.
            encoder: How the events are written.
            make_events: Returns the events; it is called only if the frames are missing.
        """
        key = (content, query.key, encoder.name)
        is_catch_up = isinstance(content, EventId)
        is_standard = query.is_standard and not is_catch_up
        chosen = self._cache_of(content, query)
        if is_standard:
            self._used_queries[query.key, encoder.name] = query, encoder
        frames: tuple[Frame, ...] | None = (self._standard if is_standard else chosen).get(key)
        if frames is None:
            is_shared = query.filter.is_everything and not is_catch_up
            frames = encoder.encode(make_events(), self._effort(is_shared=is_shared))
            if is_standard:
                self._standard[key] = frames
            else:
                chosen.store(key, frames, sum(map(getsizeof, frames)))
        return frames

    def make_changes(
        self, query: StreamQuery, encoder: Encoder[Any], found: Sequence[Event]
    ) -> Slices[None]:
        """Encode changes for all subscribers with a standard query before one requests them.

        Args:
            query: The query that the events answer.
            encoder: How the events are written.
            found: The events.
        """
        frames = yield from encoder.encode_in_slices(found, self._effort(is_shared=True))
        self._standard["changes", query.key, encoder.name] = frames

    def rows(
        self, output_format: OutputFormat, columns: Columns, *, has_identified: bool = False
    ) -> Rows:
        """Return the changed aircraft of the tick as JSON in a format; encode them if missing.

        Args:
            output_format: The format.
            columns: The aircraft.
            has_identified: Whether they include those that changed in their identity alone.
        """
        key = (output_format, has_identified)
        is_standard = output_format in STANDARD_FORMATS
        if is_standard:
            self._used_formats.add(output_format)
        rows: Rows | None = (self._standard if is_standard else self._selections).get(key)
        if rows is None:
            rows = columns.rows(output_format)
            if is_standard:
                self._standard[key] = rows
            else:
                n_bytes = rows.nbytes + sum(map(getsizeof, rows.tolist()))
                self._selections.store(key, rows, n_bytes)
        return rows

    def _cache_of(self, content: FramesOf, query: StreamQuery) -> ByteCache:
        is_selection = content == "changes" and query.filter.is_everything
        return self._selections if is_selection else self._chosen

    def _effort(self, *, is_shared: bool) -> CompressionEffort:
        if is_shared:
            return "high"
        self._n_own_encodings += 1
        return "normal" if self._n_own_encodings <= CAREFUL_ENCODINGS else "low"
