"""How many messages to take at once, by the number of rows that the messages before held."""

MAX_ROWS = 1_000
"""Rows taken by one call. The batch is decoded between calls, so a larger call only delays."""

MAX_ROWS_OF_MESSAGE = 500
"""The rows that a message is assumed to hold before any has been read."""


class ReadSize:
    """Keeps the rows of a call near their limit, whether a message holds one or hundreds."""

    def __init__(self) -> None:
        self._rows_of_message = MAX_ROWS_OF_MESSAGE

    def n_messages(self, room: int) -> int:
        """Return how many messages to take if the batch has room for so many rows."""
        return max(1, min(room, MAX_ROWS) // self._rows_of_message)

    def note(self, n_messages: int, n_rows: int) -> None:
        """Note how many messages were taken, and how many rows they held."""
        if n_messages:
            self._rows_of_message = max(1, n_rows // n_messages)
