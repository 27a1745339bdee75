"""Errors of the client, by what the caller must do.

FlightMonitorError
 +-- RefusedError     correct the query or the key
 +-- RetryLaterError  nothing: the client returns by itself
"""


class FlightMonitorError(Exception):
    """Any error that the client raises by itself."""


class RefusedError(FlightMonitorError):
    """The server refuses the request, and would refuse it again.

    Attributes:
        status: The status of the HTTP response; 200 if the stream itself contained the refusal.
        parameter: The parameter at fault; None if it is none or not known.
    """

    def __init__(self, reason: str, status: int, parameter: str | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.parameter = parameter


class RetryLaterError(FlightMonitorError):
    """The request failed, and may succeed later.

    Attributes:
        at_least_s: The seconds that the server states (Retry-After); 0 if it does not.
    """

    def __init__(self, reason: str, at_least_s: float = 0.0) -> None:
        super().__init__(reason)
        self.at_least_s = at_least_s
