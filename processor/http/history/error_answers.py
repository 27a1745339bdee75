"""What a question to the history that cannot be answered gets, in the shape that FastAPI has."""

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


async def refuse_window(_request: Request, error: WindowTooLongError) -> JSONResponse:
    """Answer who asks for more time than allowed."""
    return _problem(status.HTTP_400_BAD_REQUEST, "window", error.reason, error.parameter)


async def refuse_invalid_request(_request: Request, error: InvalidRequestError) -> JSONResponse:
    """Answer who gives a parameter that cannot be used."""
    return _problem(422, "question", error.reason, error.parameter)


async def refuse_unknown(_request: Request, error: NotFoundError) -> JSONResponse:
    """Answer who asks for what there is not."""
    return _problem(status.HTTP_404_NOT_FOUND, "unknown", str(error))


async def refuse_too_much(_request: Request, error: TooLargeError) -> JSONResponse:
    """Answer who asks for more than allowed."""
    return _problem(413, "too_much", str(error))


async def refuse_unavailable(_request: Request, error: RetryLaterError) -> JSONResponse:
    """Answer who asks while the database is away."""
    answer = _problem(status.HTTP_503_SERVICE_UNAVAILABLE, "unavailable", str(error))
    answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer


HISTORY_REFUSALS: Mapping[type[Exception], Handler] = {
    WindowTooLongError: refuse_window,
    InvalidRequestError: refuse_invalid_request,
    NotFoundError: refuse_unknown,
    TooLargeError: refuse_too_much,
    RetryLaterError: refuse_unavailable,
}
"""By what went wrong, for the application."""


def _problem(code: int, kind: str, text: str, parameter: str | None = None) -> JSONResponse:
    place = ["query"] if parameter is None else ["query", parameter]
    detail = {"type": kind, "loc": place, "msg": text}
    return JSONResponse(
        {"detail": [detail]}, status_code=code, headers={"Cache-Control": "no-store"}
    )
