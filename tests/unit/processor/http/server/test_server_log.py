"""Clients cannot fill uvicorn's log."""

import logging
from collections.abc import Iterator

import pytest

from configuration.log_throttle import Throttle
from processor.http.server.server_log import throttle_uvicorn_log

LOGGER = logging.getLogger("uvicorn.error")


@pytest.fixture(autouse=True)
def _log_without_filters() -> Iterator[None]:
    throttle_uvicorn_log()
    yield
    throttle_uvicorn_log()


def _raise(error: Exception) -> None:
    raise error


def _fail(error: Exception) -> None:
    try:
        _raise(error)
    except Exception:
        LOGGER.exception("Exception in ASGI application\n")


def test_equal_warnings_share_a_line(caplog: pytest.LogCaptureFixture) -> None:
    """Their arguments may differ; other kinds have lines of their own."""
    for port in range(50):
        LOGGER.warning("Unsupported thing from %d.", port)
    LOGGER.warning("Another thing.")
    assert [record.getMessage() for record in caplog.records] == [
        "Unsupported thing from 0.",
        "Another thing.",
    ]


def test_errors_of_different_kinds_are_all_seen(caplog: pytest.LogCaptureFixture) -> None:
    """The first error of each kind is logged with its traceback."""
    for _ in range(3):
        _fail(KeyError("a"))
        _fail(ValueError("b"))
    assert [type(record.exc_info[1]) for record in caplog.records if record.exc_info] == [
        KeyError,
        ValueError,
    ]


def test_the_next_line_says_how_many_were_left_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The next line follows a minute later."""
    now = 0.0
    throttle_uvicorn_log(Throttle(lambda: now))
    for _ in range(5):
        LOGGER.warning("Invalid.")
    now = 61.0
    LOGGER.warning("Invalid.")
    assert [record.getMessage() for record in caplog.records] == [
        "Invalid.",
        "Invalid. (4 more like this were left out)",
    ]


def test_what_is_done_on_purpose_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """URLs of WebSockets are not logged either, since they may hold a ticket."""
    caplog.set_level(logging.INFO)
    LOGGER.error("ASGI callable returned without completing response.")
    LOGGER.info('%s - "WebSocket %s" [accepted]', "192.0.2.1", "/ws/flights?ticket=x")
    assert not caplog.records
