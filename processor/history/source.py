"""Where answers come from, and within which limits: what every route of the history needs."""

import datetime as dt
import time
from collections.abc import Callable

import msgspec

from processor.history.connection_pool import Questions
from processor.history.database import HistoryDatabase
from processor.history.queries import Queries, load_queries
from processor.history.window import Window, choose_window
from processor.settings import HistorySettings


class Source(msgspec.Struct, frozen=True):
    """The database, its statements, the limits, and the time.

    Attributes:
        database: For files.
        questions: The same for all else.
        expiry: After which silence an aircraft is off the living picture.
        clock: Unix time in seconds.
    """

    database: HistoryDatabase
    questions: Questions
    settings: HistorySettings
    expiry: dt.timedelta
    queries: Queries = msgspec.field(default_factory=load_queries)
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
            WindowError: It is too long.
        """
        return choose_window(
            start, end, now=self.clock(), usual=min(usual, self.longest), longest=self.longest
        )
