"""Limits of the selections of fields in use; standard formats are not limited."""

from collections import Counter
from collections.abc import Hashable, Iterator
from typing import Any

from processor.access.addresses import network_of
from processor.access.slots import Bound, Client, OverloadedError, SlotLimits
from processor.stream.output_format import STANDARD_FORMATS, OutputFormat

SETTING = "sse.max_field_selections"

Holder = tuple[Bound, str]
"""A principal or an address whose selections are counted."""


class FieldSelections:
    """Counts the streams of each output format, and the different formats of each client.

    At each tick a selection costs the encoding of all changed aircraft, however few subscribers
    have it. The standard formats are few and are encoded in any case, so they do not count. A
    selection that several clients have counts once in the total, and once for each of them.
    """

    def __init__(self, limits: SlotLimits) -> None:
        self._limits = limits
        self._streams: Counter[OutputFormat] = Counter()
        self._streams_of: Counter[tuple[Holder, OutputFormat]] = Counter()
        self._selections = 0
        self._selections_of: Counter[Holder] = Counter()

    def is_used(self, output_format: OutputFormat) -> bool:
        """Whether an open stream has an output format."""
        return output_format in self._streams

    def add(self, client: Client, output_format: OutputFormat) -> None:
        """Count a stream with an output format.

        Raises:
            OverloadedError: A limit is reached; nothing is counted.
        """
        if output_format not in STANDARD_FORMATS:
            self._check(client, output_format)
        self._count(client, output_format, 1)

    def remove(self, client: Client, output_format: OutputFormat) -> None:
        """Undo `add`."""
        self._count(client, output_format, -1)

    def change(self, client: Client, before: OutputFormat, after: OutputFormat) -> None:
        """Count a stream under another output format.

        Raises:
            OverloadedError: A limit is reached; the stream is counted as before.
        """
        self._count(client, before, -1)
        try:
            self.add(client, after)
        except OverloadedError:
            self._count(client, before, 1)
            raise

    def _check(self, client: Client, output_format: OutputFormat) -> None:
        for holder in _holders(client):
            bound, name = holder
            limit = self._limits.per_address if bound == "address" else self._limits.per_principal
            is_new = (holder, output_format) not in self._streams_of
            if is_new and self._selections_of.get(holder, 0) >= limit:
                raise _refusal(bound, limit, f"{name} has")
        if output_format not in self._streams and self._selections >= self._limits.total:
            raise _refusal("total", self._limits.total, "all clients together have")

    def _count(self, client: Client, output_format: OutputFormat, step: int) -> None:
        change = _add(self._streams, output_format, step)
        if output_format in STANDARD_FORMATS:
            return
        self._selections += change
        for holder in _holders(client):
            if change := _add(self._streams_of, (holder, output_format), step):
                _add(self._selections_of, holder, change)


def _holders(client: Client) -> Iterator[Holder]:
    if client.principal:
        yield "principal", client.principal
    yield "address", network_of(client.address)


def _refusal(bound: Bound, limit: int, subject: str) -> OverloadedError:
    setting = SETTING if bound == "total" else f"{SETTING}_per_{bound}"
    return OverloadedError(
        f"{subject} {limit} different selections of fields in use ({setting}):"
        " request all fields, or a selection that is in use",
        bound=bound,
        limit=limit,
        setting=setting,
    )


def _add(counter: Counter[Any], key: Hashable, step: int) -> int:
    """Add to a count and drop it at zero; return by how much the number of keys changed."""
    was_there = key in counter
    counter[key] += step
    if not counter[key]:
        del counter[key]
    return (key in counter) - was_there
