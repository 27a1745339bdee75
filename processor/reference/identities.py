"""Finds the identities of aircraft: in the database if it answers, and in the packaged table."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from processor.reference.aircraft_table import packaged_aircraft
from processor.reference.identity import AircraftRecord, Identity, identity_of

MAX_KEPT = 65_536
"""Identities that are kept, some 300 bytes each; beyond it the one found first is forgotten. It is
several times the number of aircraft that fly at once."""

AT_ONCE = 250
"""Identities that are derived before other tasks run: about a millisecond."""


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
    """

    def __init__(self, source: AircraftSource | None = None) -> None:
        self._source = source
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
        names = list(dict.fromkeys(icao24s))
        missing = [name for name in names if name not in self._kept]
        records = await self._read(missing)
        found = {name: self._kept[name] for name in names if name in self._kept}
        for first in range(0, len(missing), AT_ONCE):
            for name in missing[first : first + AT_ONCE]:
                record = (records or {}).get(name) or packaged_aircraft(name)
                found[name] = identity_of(name, record)
                if records is not None:
                    self._keep(name, found[name])
            await asyncio.sleep(0)
        return found

    async def refresh(self) -> bool:
        """Forget all if the table in the database is another one than before.

        Returns:
            Whether identities that were found before may differ now.
        """
        version = None if self._source is None else await self._source.version()
        if version is None or version == self._version:
            return False
        self._version = version
        self._kept.clear()
        return True

    async def _read(self, icao24s: Sequence[str]) -> Mapping[str, AircraftRecord] | None:
        if self._source is None or not icao24s:
            return {}
        records = await self._source.read(icao24s)
        if records is None:
            # `refresh` says so once the database answers, and all are looked up again.
            self._version = None
        return records

    def _keep(self, icao24: str, identity: Identity) -> None:
        if len(self._kept) >= MAX_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[icao24] = identity
