"""A scripted sky: aircraft that move, some of them silent for a while, and the log of it."""

import zlib

from processor.live.fleet import Update
from processor.stream.log_position import LogPosition
from telemetry.state_vector import StateVector
from testkit.state_vectors import START
from testkit.traffic import InventedFleet

PARTITIONS = 4
FIRST_OFFSET = 1_000
"""The log's older messages are gone, so that there are positions before its beginning."""

EXPIRY_SECONDS = 8
SILENT_SECONDS = 12
"""Longer than the expiry, so that silent aircraft are removed and come back."""

SILENT_SHARE = 1 / 20


class Sky:
    """Invented aircraft, equal for equal seeds; `now` advances by one second with each move."""

    def __init__(self, aircraft: int, seed: int) -> None:
        self.now = START
        self._fleet = InventedFleet(now=START, aircraft=aircraft, seed=seed)
        self._next_offsets = [FIRST_OFFSET] * PARTITIONS

    @property
    def position(self) -> LogPosition:
        """The end of the log."""
        return LogPosition("scripted", tuple(self._next_offsets))

    def all(self) -> list[Update]:
        """Return a message of each aircraft."""
        return self._publish(self._fleet.states())

    def move(self) -> list[Update]:
        """Let a second pass, and return the messages of it."""
        self.now += 1
        received = (state for state in self._fleet.move(self.now) if not self._is_silent(state))
        return self._publish(list(received))

    def _is_silent(self, state: StateVector) -> bool:
        shift = (self.now - START) // SILENT_SECONDS
        return (int(state.icao24, 16) + shift) % round(1 / SILENT_SHARE) == 0

    def _publish(self, states: list[StateVector]) -> list[Update]:
        return [self._append(state) for state in states]

    def _append(self, state: StateVector) -> Update:
        partition = zlib.crc32(state.icao24.encode()) % PARTITIONS
        offset = self._next_offsets[partition]
        self._next_offsets[partition] += 1
        return Update(partition, offset, state)
