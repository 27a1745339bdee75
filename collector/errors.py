"""Errors by what the caller must do.

CollectorError
├── NotLeadingError              send and publish nothing: another collector may lead
├── OpenSkyError                 one request did not succeed
│   ├── TransientError           request again soon; `retry_after` is the server's own wish
│   │   ├── UnreadableAnswerError    not OpenSky's JSON: cut off, HTML of a proxy, too large
│   │   ├── ImplausibleTimeError     the answer's time is contradicted; request at the next poll
│   │   └── RateLimitedError     send no request until `retry_after` is over
│   └── RefusedError             the same request fails again; continue with the next poll
│       └── HistoryNotGrantedError   the answer is of a moment other than the requested one
└── FinalError                   stop the process and show the text to the user
    ├── UnauthorizedError        the credentials are wrong
    ├── TopicError               the topic cannot be made or used
    ├── EncodingError            values cannot be written in the encoding of the settings
    └── ProducerError            the Kafka producer is beyond repair; a new process may work
"""


class CollectorError(Exception):
    """The base of all errors that the collector raises."""


class NotLeadingError(CollectorError):
    """It is not certain that this collector leads, so it may neither request nor publish."""


class OpenSkyError(CollectorError):
    """One request to OpenSky did not succeed; the process continues."""


class TransientError(OpenSkyError):
    """A repetition of the request may succeed soon."""

    retry_after: float | None
    """Seconds that the server asked to wait; None if it did not say."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UnreadableAnswerError(TransientError):
    """The answer is not what OpenSky's API sends."""


class ImplausibleTimeError(TransientError):
    """No other clock agrees with the answer's `time`, or its own rows do not.

    The text is the same each time; `values` differ.
    """

    def __init__(self, message: str, **values: float | str | None) -> None:
        super().__init__(message)
        self.values = values


class RateLimitedError(TransientError):
    """The credits are used up: nothing may be sent until `retry_after` is over."""

    retry_after: float

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RefusedError(OpenSkyError):
    """OpenSky refuses this request and would refuse it again."""


class HistoryNotGrantedError(RefusedError):
    """The answer is not of the past moment that was requested."""


class FinalError(CollectorError):
    """Continuing is useless; the text says what the user can do."""


class UnauthorizedError(FinalError):
    """The token endpoint does not accept the credentials."""


class TopicError(FinalError):
    """The topic is missing and cannot be made."""


class EncodingError(FinalError):
    """Values cannot be written in the encoding of the settings."""


class ProducerError(FinalError):
    """The Kafka producer has met a fatal error."""
