"""Read state vectors in the order of their time, by short questions with nothing held between."""

from collections.abc import Mapping
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from processor.history.database import Connection, HistoryDatabase, Use
from processor.history.stored_rows import to_state_vectors
from processor.message import LogIdentity
from processor.named_sql import load_statements
from processor.stream.log_position import LogPosition, epoch_of
from telemetry.state_vector import StateVector

PAGE_ROWS = 5_000
"""What a replay holds ahead of its viewer: a few megabytes."""

UNTOLD_ROWS = 20_000
"""The same at the seam, where every page costs a look at all that is not certain."""

SHORTEST_SLICE_SECONDS, LONGEST_SLICE_SECONDS = 8, 8 * 3600
"""Of event time that one question covers: without them a database that knows too little of its
newest rows would sort all that follow."""


class _Queries(NamedTuple):
    before: str
    page: str
    untold: str
    stored: str


class ReplayRows:
    """What was stored, to be read from any moment on."""

    def __init__(self, database: HistoryDatabase, page_rows: int = PAGE_ROWS) -> None:
        self._database = database
        self.page_rows = page_rows
        self._queries = load_statements(Path(__file__).with_name("replay.sql"), _Queries)

    async def check(self) -> None:
        """Find out whether there is a history at all.

        Raises:
            HistoryError: It cannot be read now.
        """
        async with self._database.reading(Use.REPLAYS) as connection:
            await connection.fetch(self._queries.stored)

    async def stored(self, log: LogPosition) -> LogPosition | None:
        """Return how far a log has been stored, None if it is not ours to know.

        Raises:
            HistoryError: It cannot be read now.
        """
        async with self._database.reading(Use.REPLAYS) as connection:
            return await self._stored(connection, log)

    async def before(self, moment: int, seconds: int) -> list[StateVector]:
        """Return the newest state vector of all that were heard in the seconds before a moment.

        Raises:
            HistoryError: It cannot be read now.
        """
        async with self._database.reading(Use.REPLAYS) as connection:
            rows = await connection.fetch(self._queries.before, moment - seconds, moment)
        return to_state_vectors(rows)

    async def page(self, since: int, icao24: str, until: int) -> list[StateVector]:
        """Return some of what was heard until a moment, in order, after an aircraft's at another.

        Raises:
            HistoryError: It cannot be read now.
        """
        async with self._database.reading(Use.REPLAYS) as connection:
            rows = await connection.fetch(self._queries.page, since, icao24, until, self.page_rows)
        return to_state_vectors(rows)

    async def untold(
        self, log: LogPosition, since: int, sent: Mapping[str, int]
    ) -> tuple[list[StateVector], LogPosition] | None:
        """Return some of what was stored and not told, oldest first, once a log is stored so far.

        Args:
            log: The position that must have been stored.
            since: Nothing older is untold (Unix seconds).
            sent: The newest last_contact that the viewer knows of each aircraft since then.

        Returns:
            The state vectors and how far the log was stored when they were read; None when it is
            not yet stored as far as it must be.

        Raises:
            HistoryError: It cannot be read now.
        """
        async with self._database.reading(Use.REPLAYS) as connection:
            stored = await self._stored(connection, log)
            if stored is None or not log.is_within(stored):
                return None
            rows = await connection.fetch(
                self._queries.untold, since, list(sent), list(sent.values()), UNTOLD_ROWS
            )
        return to_state_vectors(rows), stored

    async def _stored(self, connection: Connection, log: LogPosition) -> LogPosition | None:
        rows = await connection.fetch(self._queries.stored)
        partitions = range(len(log.offsets))
        for (cluster_id, topic, topic_id), found in groupby(rows, key=itemgetter(0, 1, 2)):
            offsets = {row[3]: row[4] for row in found}
            known = epoch_of(LogIdentity(cluster_id, topic, topic_id, len(partitions)))
            if known == log.epoch and offsets.keys() >= set(partitions):
                return LogPosition(known, tuple(offsets[number] for number in partitions))
        return None


class Reading:
    """Goes through a recording from a moment on.

    Attributes:
        is_at_end: Whether all has been read.
    """

    def __init__(self, recording: ReplayRows, start: int, end: int) -> None:
        self.is_at_end = False
        self._recording = recording
        self._since, self._icao24 = start, ""
        self._end = end
        self._slice_seconds = SHORTEST_SLICE_SECONDS

    async def more(self) -> list[StateVector]:
        """Return what follows, in order; nothing at times, where little was heard.

        Raises:
            HistoryError: It cannot be read now; ask again.
        """
        until = min(self._since + self._slice_seconds, self._end)
        found = await self._recording.page(self._since, self._icao24, until)
        most = self._recording.page_rows
        if len(found) == most:
            self._since, self._icao24 = found[-1].last_contact, found[-1].icao24
            self._slice_seconds = max(SHORTEST_SLICE_SECONDS, self._slice_seconds // 2)
        else:
            self._since, self._icao24 = until, ""
            self.is_at_end = until >= self._end
            if len(found) < most // 4:
                self._slice_seconds = min(LONGEST_SLICE_SECONDS, self._slice_seconds * 2)
        return found
