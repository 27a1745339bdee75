"""Looks up the identities of aircraft that are new to the live fleet, in the background."""

import asyncio
from collections.abc import Callable

from processor.live.fleet import Fleet
from processor.reference.identities import Identities

BATCH_AIRCRAFT = 500
"""Aircraft of one statement to the database."""

IDLE_SECONDS = 0.5
"""How long to wait when no aircraft is new."""


class Identification:
    """Gives each aircraft its identity once, and again when the table in the database has changed.

    Args:
        identities: Finds them.
        fleet: Returns the live fleet; None until there is one.
    """

    def __init__(self, identities: Identities, fleet: Callable[[], Fleet | None]) -> None:
        self._identities = identities
        self._fleet = fleet
        self._generation = identities.generation

    async def run(self) -> None:
        """Look up identities until cancelled."""
        # The packaged table takes some hundredths of a second to load.
        await asyncio.to_thread(self._identities.at_hand, "000000")
        while True:
            if not await self.step():
                await asyncio.sleep(IDLE_SECONDS)

    async def step(self) -> bool:
        """Look up some aircraft, and return whether there were any."""
        fleet = self._fleet()
        if fleet is None:
            return False
        await self._identities.refresh()
        if self._identities.generation != self._generation:
            self._generation = self._identities.generation
            fleet.look_up_again()
        icao24s = fleet.take_unidentified(BATCH_AIRCRAFT)
        if icao24s:
            fleet.identify(await self._identities.find(icao24s))
        return bool(icao24s)
