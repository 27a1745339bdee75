"""Which selections of fields are in use: standard ones by all, others by a share of each client."""

from collections import Counter
from collections.abc import Hashable, Iterator
from typing import Any

from processor.access.addresses import network_of
from processor.access.slots import Bound, Client, OverloadedError, SlotLimits
from processor.stream.output_format import STANDARD, OutputFormat

SETTING = "sse.max_field_selections"

Holder = tuple[Bound, str]


class FieldSelections:
    """Counts the streams of each shape, and the different shapes of each client.

    A selection costs as much as encoding all changed aircraft once more, however few get it. The
    standard shapes are few and encoded for all in any case, so no bound counts them. A selection
    that several clients have is one of the total, and one of the share of each.
    """

    def __init__(self, limits: SlotLimits) -> None:
        self._limits = limits
        self._streams: Counter[OutputFormat] = Counter()
        self._streams_of: Counter[tuple[Holder, OutputFormat]] = Counter()
        self._selections = 0
        self._selections_of: Counter[Holder] = Counter()

    def uses(self, shape: OutputFormat) -> bool:
        """Whether a stream has this shape."""
        return shape in self._streams

    def take(self, client: Client, shape: OutputFormat) -> None:
        """Count a stream of a shape until it is released.

        Raises:
            OverloadedError: A bound is met; nothing is counted.
        """
        if shape not in STANDARD:
            self._check(client, shape)
        self._count(client, shape, 1)

    def release(self, client: Client, shape: OutputFormat) -> None:
        """Count a stream of a shape once less."""
        self._count(client, shape, -1)

    def exchange(self, client: Client, before: OutputFormat, after: OutputFormat) -> None:
        """Count a stream under another shape.

        Raises:
            OverloadedError: A bound is met; it is counted as before.
        """
        self._count(client, before, -1)
        try:
            self.take(client, after)
        except OverloadedError:
            self._count(client, before, 1)
            raise

    def _check(self, client: Client, shape: OutputFormat) -> None:
        for holder in _holders(client):
            bound, name = holder
            limit = self._limits.per_address if bound == "address" else self._limits.per_principal
            is_new = (holder, shape) not in self._streams_of
            if is_new and self._selections_of.get(holder, 0) >= limit:
                raise _refusal(bound, limit, f"{name} has")
        if shape not in self._streams and self._selections >= self._limits.total:
            raise _refusal("total", self._limits.total, "all clients together have")

    def _count(self, client: Client, shape: OutputFormat, step: int) -> None:
        change = _add(self._streams, shape, step)
        if shape in STANDARD:
            return
        self._selections += change
        for holder in _holders(client):
            if change := _add(self._streams_of, (holder, shape), step):
                _add(self._selections_of, holder, change)


def _holders(client: Client) -> Iterator[Holder]:
    if client.principal:
        yield "principal", client.principal
    yield "address", network_of(client.address)


def _refusal(bound: Bound, limit: int, who: str) -> OverloadedError:
    setting = SETTING if bound == "total" else f"{SETTING}_per_{bound}"
    return OverloadedError(
        f"{who} {limit} different selections of fields in use ({setting}):"
        " take all fields, or a selection that is in use",
        bound=bound,
        limit=limit,
        setting=setting,
    )


def _add(counter: Counter[Any], key: Hashable, step: int) -> int:
    """Count, forgetting what has come to nothing; how many more keys there are."""
    was_there = key in counter
    counter[key] += step
    if not counter[key]:
        del counter[key]
    return (key in counter) - was_there
