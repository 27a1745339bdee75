"""Turn the data of `snapshot` and `update` into aircraft, from any of the formats."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Protocol, cast

from flight_monitor_client.delta import DeltaDecoder
from flight_monitor_client.events import Aircraft
from flight_monitor_client.query import Format


class StateDecoder(Protocol):
    """Takes every event of one stream in order, also after a reconnection with the last id."""

    def feed(self, event: str, data: Mapping[str, Any]) -> Sequence[Aircraft]:
        """Apply an event, and return the aircraft that it contains; none of other events."""


class _Objects:
    def feed(self, event: str, data: Mapping[str, Any]) -> Sequence[Aircraft]:  # noqa: ARG002
        states: Sequence[Aircraft] = data.get("states", ())
        return states


class _Rows:
    def __init__(self) -> None:
        self._fields: Sequence[str] = ()

    def feed(self, event: str, data: Mapping[str, Any]) -> Sequence[Aircraft]:  # noqa: ARG002
        self._fields = data.get("fields", self._fields)
        rows = data.get("states", ())
        return [cast("Aircraft", dict(zip(self._fields, row, strict=True))) for row in rows]


class _Deltas:
    def __init__(self) -> None:
        self._decoder = DeltaDecoder()

    def feed(self, event: str, data: Mapping[str, Any]) -> Sequence[Aircraft]:
        self._decoder.feed(event, data)
        slots = accumulate(data.get("slots", ()))
        return [cast("Aircraft", self._decoder.aircraft_at(slot)) for slot in slots]


def state_decoder(format_: Format) -> StateDecoder:
    """Return a decoder for one stream."""
    decoders: Mapping[Format, type[StateDecoder]] = {
        "object": _Objects,
        "row": _Rows,
        "delta": _Deltas,
    }
    return decoders[format_]()
