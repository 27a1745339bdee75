"""Where answers come from, and within which limits: what every route of the history needs."""

import datetime as dt
import time
from collections.abc import Callable

import msgspec

from configuration.settings import HistorySettings
from processor.history.connection_pool import ConnectionPool
from processor.history.database import HistoryDatabase
from processor.history.queries import HistoryStatements, load_history_statements
from processor.history.window import Window, choose_window


class HistoryContext(msgspec.Struct, frozen=True):
    """The database, its statements, the limits, and the time.

    Attributes:
        database: For files.
        connections: The same for all else.
        expiry: After which silence an aircraft is off the living picture.
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
        """How much time an answer may cover."""
        return dt.timedelta(days=self.settings.max_window_days)

    def window(
        self, start: dt.datetime | None, end: dt.datetime | None, *, usual: dt.timedelta
    ) -> Window:
        """Complete what a request leaves out.

        Raises:
            InvalidRequestError: It ends before it begins.
            WindowTooLongError: It is too long.
        """
        return choose_window(
            start, end, now=self.clock(), usual=min(usual, self.longest), longest=self.longest
        )
