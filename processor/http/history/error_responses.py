"""Responses to requests to the history that fail, in the form of FastAPI's validation errors."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from fastapi.responses import JSONResponse
from starlette import status
from starlette.requests import Request

from processor.history.errors import (
    InvalidRequestError,
    NotFoundError,
    RetryLaterError,
    TooLargeError,
)
from processor.history.window import WindowTooLongError

RETRY_AFTER_SECONDS = 5

Handler: TypeAlias = Callable[[Request, Any], Awaitable[JSONResponse]]


async def respond_time_range(_request: Request, error: WindowTooLongError) -> JSONResponse:
    """Respond to a time range that is longer than allowed."""
    return _respond(status.HTTP_400_BAD_REQUEST, "window", error.reason, error.parameter)


async def respond_invalid_request(_request: Request, error: InvalidRequestError) -> JSONResponse:
    """Respond to a parameter that cannot be used."""
    return _respond(422, "question", error.reason, error.parameter)


async def respond_not_found(_request: Request, error: NotFoundError) -> JSONResponse:
    """Respond to an aircraft or a flight that does not exist."""
    return _respond(status.HTTP_404_NOT_FOUND, "unknown", str(error))


async def respond_too_large(_request: Request, error: TooLargeError) -> JSONResponse:
    """Respond to a request for more than one response may hold."""
    return _respond(413, "too_much", str(error))


async def respond_retry_later(_request: Request, error: RetryLaterError) -> JSONResponse:
    """Respond while the database does not answer."""
    response = _respond(status.HTTP_503_SERVICE_UNAVAILABLE, "unavailable", str(error))
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


HISTORY_ERRORS: Mapping[type[Exception], Handler] = {
    WindowTooLongError: respond_time_range,
    InvalidRequestError: respond_invalid_request,
    NotFoundError: respond_not_found,
    TooLargeError: respond_too_large,
    RetryLaterError: respond_retry_later,
}
"""The handler of each error, for the application."""


def _respond(code: int, kind: str, text: str, parameter: str | None = None) -> JSONResponse:
    location = ["query"] if parameter is None else ["query", parameter]
    detail = {"type": kind, "loc": location, "msg": text}
    return JSONResponse(
        {"detail": [detail]}, status_code=code, headers={"Cache-Control": "no-store"}
    )
