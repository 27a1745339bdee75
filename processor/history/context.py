"""The database, statements, limits and clock that every route of the history needs."""

import datetime as dt
import time
from collections.abc import Callable

import msgspec

from processor.history.connection_pool import ConnectionPool
from processor.history.database import HistoryDatabase
from processor.history.queries import HistoryStatements, load_history_statements
from processor.history.window import Window, choose_window
from processor.settings import HistorySettings


class HistoryContext(msgspec.Struct, frozen=True):
    """What a route of the history needs to answer a request.

    Attributes:
        database: Gives connections for files.
        connections: Gives connections for all other answers.
        settings: How much one request may ask for.
        expiry: An aircraft leaves the live fleet when nothing was received for so long.
        clock: Unix time in seconds.
    """

    database: HistoryDatabase
    connections: ConnectionPool
    settings: HistorySettings
    expiry: dt.timedelta
    statements: HistoryStatements = msgspec.field(default_factory=load_history_statements)
    clock: Callable[[], float] = time.time

    @property
    def longest(self) -> dt.timedelta:
        """The longest time range that one answer may cover."""
        return dt.timedelta(days=self.settings.max_window_days)

    def window(
        self, start: dt.datetime | None, end: dt.datetime | None, *, usual: dt.timedelta
    ) -> Window:
        """Return the time range of a request.

        Args:
            start: None is `usual` before the end.
            end: None is the present.
            usual: The length of the range if the request gives no start.

        Raises:
            InvalidRequestError: The range ends before it begins.
            WindowTooLongError: The range is longer than `longest`.
        """
        return choose_window(
            start, end, now=self.clock(), usual=min(usual, self.longest), longest=self.longest
        )
