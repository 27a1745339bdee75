"""librdkafka's own lines as events of the structured log, each at most once a minute."""

import logging
import re

import structlog

from configuration.log_throttle import Throttle

MAX_TEXT_CHARACTERS = 500

_THREAD = re.compile(r"^\[thrd:[^\]]*\]: ")
_AFTER = re.compile(r" \(after \d+ms in state \w+.*\)$")
_NUMBER = re.compile(r"\d+")

_throttle = Throttle()

log = structlog.get_logger()


class LibraryLog:
    """Takes the place of the `logging.Logger` that a client calls when it is polled.

    All clients of a process share the throttle, so a client that is made again for each attempt
    repeats nothing.
    """

    def __init__(self, client: str, *, throttle: Throttle = _throttle) -> None:
        self._client = client
        self._throttle = throttle

    def log(self, level: int, _template: str, facility: str, _instance: str, text: str) -> None:
        """Write one line unless a similar one was written within the last minute."""
        said = without_decoration(text)
        left_out = self._throttle.admit(_NUMBER.sub("#", f"{self._client} {facility} {said}"))
        if left_out is None:
            return
        log.log(
            min(max(level, logging.INFO), logging.ERROR),
            "librdkafka",
            client=self._client,
            facility=facility,
            text=said,
            left_out=left_out,
        )


def without_decoration(text: str) -> str:
    """Return librdkafka's text without its thread and the duration, which differ each time."""
    return _AFTER.sub("", _THREAD.sub("", text))[:MAX_TEXT_CHARACTERS]
