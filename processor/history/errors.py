"""What can be wrong with a question to the history, by what the caller must do."""


class HistoryError(Exception):
    """A question to the history cannot be answered."""


class RetryLaterError(HistoryError):
    """The database does not answer, or all connections are in use: ask again later."""


class TooLargeError(HistoryError):
    """The answer is larger or slower than allowed: ask for less. The text says the limit."""


class NotFoundError(HistoryError):
    """There is no such aircraft or flight."""


class InvalidRequestError(HistoryError):
    """A parameter cannot be used.

    Attributes:
        parameter: Its name.
        reason: What is allowed.
    """

    def __init__(self, parameter: str, reason: str) -> None:
        super().__init__(f"{parameter}: {reason}")
        self.parameter = parameter
        self.reason = reason
