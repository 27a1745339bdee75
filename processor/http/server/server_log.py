"""SERVE: what uvicorn logs, without what clients could fill the log with."""

import logging
import traceback

from configuration.log_throttle import Throttle

_LOGGER = "uvicorn.error"
"""Also of the WebSocket library under it."""


class _Throttled(logging.Filter):
    """Lets the first warning of a kind through, then one a minute with the number left out."""

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


def quieten(throttle: Throttle | None = None) -> None:
    """Throttle uvicorn's log from now on, each kind of line from its beginning."""
    logger = logging.getLogger(_LOGGER)
    for each in [each for each in logger.filters if isinstance(each, _Throttled)]:
        logger.removeFilter(each)
    logger.addFilter(_Throttled(throttle or Throttle()))


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    # A viewer that takes nothing is cut off in the middle of its answer, on purpose; and tickets
    # in the addresses of WebSockets are nobody's business.
    message = record.getMessage()
    return "returned without completing response" not in message and '"WebSocket ' not in message


def _kind(record: logging.LogRecord) -> str:
    """Return the line without what varies; errors of different places are different kinds."""
    if not record.exc_info or record.exc_info[0] is None:
        return str(record.msg)
    place = traceback.extract_tb(record.exc_info[2])[-1:]
    return f"{record.msg} {record.exc_info[0].__name__} {place}"
