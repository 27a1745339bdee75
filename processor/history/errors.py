"""Errors of requests to the history, named by what the caller must do."""


class HistoryError(Exception):
    """A request to the history cannot be answered; the base of all others."""


class RetryLaterError(HistoryError):
    """The database does not answer, or all connections are in use. Send the request again later."""


class TooLargeError(HistoryError):
    """The answer is larger or slower than allowed. Ask for less; the text states the limit."""


class NotFoundError(HistoryError):
    """Nothing is known of this aircraft, or of this flight."""


class InvalidRequestError(HistoryError):
    """A parameter cannot be used. Correct it.

    Attributes:
        parameter: The name of the parameter.
        reason: What is wrong with the value, and what is allowed.
    """

    def __init__(self, parameter: str, reason: str) -> None:
        super().__init__(f"{parameter}: {reason}")
        self.parameter = parameter
        self.reason = reason
