"""Throttle uvicorn's log, which clients could otherwise fill."""

import logging
import traceback

from configuration.log_throttle import Throttle

_LOGGER = "uvicorn.error"
"""The WebSocket library that uvicorn uses logs here as well."""


class _Throttled(logging.Filter):
    """Passes the first warning of a kind, and then one a minute with the number left out."""

    def __init__(self, throttle: Throttle) -> None:
        super().__init__()
        self._throttle = throttle

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the line is logged."""
        if not _is_worth_a_line(record):
            return False
        if record.levelno < logging.WARNING:
            return True
        left_out = self._throttle.admit(_kind(record))
        if left_out:
            record.msg = f"{record.getMessage().strip()} ({left_out} more like this were left out)"
            record.args = None
        return left_out is not None


def throttle_uvicorn_log(throttle: Throttle | None = None) -> None:
    """Throttle uvicorn's log; a second call starts the count of each kind of line again."""
    logger = logging.getLogger(_LOGGER)
    for each in [each for each in logger.filters if isinstance(each, _Throttled)]:
        logger.removeFilter(each)
    logger.addFilter(_Throttled(throttle or Throttle()))


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    # A slow subscriber is disconnected in the middle of its response on purpose. The lines about
    # WebSockets hold URLs, and so tickets, which must not be logged.
    message = record.getMessage()
    return "returned without completing response" not in message and '"WebSocket ' not in message


def _kind(record: logging.LogRecord) -> str:
    """Return the line without its arguments; errors of different places are different kinds."""
    if not record.exc_info or record.exc_info[0] is None:
        return str(record.msg)
    place = traceback.extract_tb(record.exc_info[2])[-1:]
    return f"{record.msg} {record.exc_info[0].__name__} {place}"
