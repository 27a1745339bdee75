"""Finds the identities of aircraft: in the database if it answers, and in the packaged table."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from processor.reference.aircraft_table import packaged_aircraft
from processor.reference.identity import AircraftRecord, Identity, identity_of

MAX_KEPT = 65_536
"""Identities that are kept, some 300 bytes each; beyond it the one found first is forgotten. It is
several times the number of aircraft that fly at once."""

AT_ONCE = 250
"""Identities that are derived before other tasks run: about a millisecond."""


REFRESH_SECONDS = 60.0
"""How often to ask whether the table of aircraft in the database has changed."""


class AircraftSource(Protocol):
    """A table of aircraft that takes precedence over the packaged one."""

    async def read(self, icao24s: Sequence[str]) -> Mapping[str, AircraftRecord] | None:
        """Return the records of those addresses that it has; None if it cannot be read now."""

    async def version(self) -> int | None:
        """Return a number that changes with its content; None if it cannot be read now."""


class Identities:
    """Keeps the identities that were found; not safe across threads.

    Args:
        source: The table in the database; None if there is none.
        monotonic: Seconds of a clock that never steps.

    Attributes:
        generation: Raised whenever identities that were found before may differ now, because the
            table in the database has changed or can be read again.
    """

    def __init__(
        self,
        source: AircraftSource | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.generation = 0
        self._source = source
        self._monotonic = monotonic
        self._refresh_at = monotonic()
        self._kept: dict[str, Identity] = {}
        self._version: int | None = None

    def at_hand(self, icao24: str) -> Identity:
        """Return the identity that was found before, or else what the packaged table says."""
        kept = self._kept.get(icao24)
        return identity_of(icao24, packaged_aircraft(icao24)) if kept is None else kept

    async def find(self, icao24s: Iterable[str]) -> Mapping[str, Identity]:
        """Return the identities of aircraft; other tasks run meanwhile.

        While the database cannot be read, they are those of the packaged table and are not kept.
        """
        await self.refresh()
        names = list(dict.fromkeys(icao24s))
        missing = [name for name in names if name not in self._kept]
        found = {name: self._kept[name] for name in names if name in self._kept}
        records = await self._read(missing)
        for first in range(0, len(missing), AT_ONCE):
            for name in missing[first : first + AT_ONCE]:
                record = (records or {}).get(name) or packaged_aircraft(name)
                found[name] = identity_of(name, record)
                if records is not None:
                    self._keep(name, found[name])
            await asyncio.sleep(0)
        return found

    async def refresh(self) -> None:
        """Once a minute, forget all identities if the table in the database is another one."""
        if self._source is None or self._monotonic() < self._refresh_at:
            return
        self._refresh_at = self._monotonic() + REFRESH_SECONDS
        version = await self._source.version()
        if version is not None and version != self._version:
            self.generation += 1
            self._kept.clear()
        self._version = version

    async def _read(self, icao24s: Sequence[str]) -> Mapping[str, AircraftRecord] | None:
        """Return what the database says, nothing without one, None if it does not answer."""
        if self._source is None or not icao24s:
            return {}
        if self._version is None:
            return None
        records = await self._source.read(icao24s)
        if records is None:
            self._version = None  # not asked again before the next refresh
        return records

    def _keep(self, icao24: str, identity: Identity) -> None:
        if len(self._kept) >= MAX_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[icao24] = identity
