"""Wait until a part serves, while watching that none has died."""

import time
from collections.abc import Callable

import httpx2

from standalone.errors import ServingError
from standalone.processor_status import ProcessorStatus

_POLL_SECONDS = 0.1
_STILL_WAITING_SECONDS = 20.0
_SIMULATOR_SECONDS = 120.0
"""A recording of a day is read and checked first."""

Check = Callable[[], None]
"""Raises when a part has died."""


def wait_for_simulator(url: str, check: Check) -> None:
    """Wait until it answers.

    Raises:
        ServingError: It runs, but does not answer.
    """
    give_up_at = time.monotonic() + _SIMULATOR_SECONDS
    with httpx2.Client(base_url=url, trust_env=False) as client:
        while not _answers(client):
            check()
            if time.monotonic() > give_up_at:
                raise ServingError(f"the simulator does not answer at {url}: see its log")
            time.sleep(_POLL_SECONDS)


def _answers(client: httpx2.Client) -> bool:
    try:
        # Not /states/all: the first to ask for that starts a recording.
        return client.get("/simulator/status").is_success
    except httpx2.HTTPError:
        return False


def wait_for_processor(status: ProcessorStatus, check: Check, say: Callable[[str], None]) -> None:
    """Wait until the processor is ready, with aircraft or without, however long it takes."""
    report_at = time.monotonic() + _STILL_WAITING_SECONDS
    while awaited := _awaited(status):
        check()
        if time.monotonic() > report_at:
            say(f"still waiting for {awaited}")
            report_at = time.monotonic() + 3 * _STILL_WAITING_SECONDS
        time.sleep(_POLL_SECONDS)


def _awaited(status: ProcessorStatus) -> str | None:
    missing = status.missing()
    if missing is None:
        return "the processor to answer"
    return f"the processor: not ready are {', '.join(missing)}" if missing else None
