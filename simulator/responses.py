"""Answers as OpenSky and the proxy in front of it word them: headers, errors, pages."""

import asyncio
import uuid
from http import HTTPStatus

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from simulator.faults import Kind, Strike

JSON = "application/json;charset=UTF-8"
_SERVER = "nginx/1.17.6"
_RETRY_AFTER = "X-Rate-Limit-Retry-After-Seconds"
_PAGE_STATUS = {
    Kind.HTML_401: HTTPStatus.UNAUTHORIZED,
    Kind.HTTP_403: HTTPStatus.FORBIDDEN,
    Kind.HTTP_502: HTTPStatus.BAD_GATEWAY,
    Kind.HTTP_503: HTTPStatus.SERVICE_UNAVAILABLE,
    Kind.HTTP_504: HTTPStatus.GATEWAY_TIMEOUT,
    Kind.HTML_200: HTTPStatus.OK,
}


class Dropped(Exception):  # noqa: N818 - an outcome, not an error
    """The connection is to be reset instead of answered."""


def api_response(
    body: bytes, *, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Return an answer of the API with the headers OpenSky sends."""
    response = Response(body, status_code=status, media_type=None)
    response.headers.update(
        {
            "Cache-Control": "no-cache, no-store, max-age=0, must-revalidate",
            "Content-Type": JSON,
            "Expires": "0",
            "Pragma": "no-cache",
            "Server": _SERVER,
            "Set-Cookie": f"XSRF-TOKEN={uuid.uuid4()}; Path=/",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "X-XSS-Protection": "1; mode=block",
            **(headers or {}),
        }
    )
    return response


def error(request: Request, status: int, message: str, now: float) -> Response:
    """Return an error in the form of the framework behind the API."""
    body = {
        "timestamp": int(now * 1000),
        "status": status,
        "error": HTTPStatus(status).phrase,
        "message": message,
        "path": request.url.path,
    }
    return api_response(msgspec.json.encode(body), status=status)


def too_many_requests(seconds: int | None) -> Response:
    """Return 429; None leaves out the header that says when to come back."""
    headers = {} if seconds is None else {_RETRY_AFTER: str(seconds)}
    return api_response(
        b"Too many requests", status=429, headers={**headers, "Content-Type": "text/plain"}
    )


def page(status: HTTPStatus) -> Response:
    """Return the proxy's HTML."""
    title = f"{status.value} {status.phrase}"
    body = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1>"
        f"</center>\r\n<hr><center>{_SERVER}</center>\r\n</body>\r\n</html>\r\n"
    )
    return Response(
        body, status_code=status, headers={"Server": _SERVER, "Content-Type": "text/html"}
    )


def replacement(strike: Strike, *, header: bool) -> Response | None:
    """Return the answer a fault gives instead of the true one, None if it does not."""
    fault = strike.fault
    if fault.kind in _PAGE_STATUS:
        return page(_PAGE_STATUS[fault.kind])
    if fault.kind is Kind.HTTP_401:
        return api_response(b"", status=401)
    if fault.kind is Kind.HTTP_429:
        seconds = int(fault.duration(30, strike.request))
        return too_many_requests(seconds if fault.header and header else None)
    if fault.kind is Kind.HTTP_500:
        body = b'{"error":"Something went wrong. Please try again later."}'
        return api_response(body, status=500)
    if fault.kind is Kind.REDIRECT:
        return api_response(b"", status=302, headers={"Location": fault.location})
    return None


def disfigured(response: Response, kind: Kind) -> Response:
    """Return the true answer with its body or its type spoilt; other kinds leave it."""
    if kind is Kind.WRONG_CONTENT_TYPE:
        response.headers["Content-Type"] = "text/plain"
    elif kind is Kind.CUT_OFF:
        return _CutOff(bytes(response.body), response.status_code, dict(response.headers))
    elif kind is Kind.TRUNCATED_JSON:
        response.body = response.body[: len(response.body) // 2]
        response.headers["Content-Length"] = str(len(response.body))
    return response


class _CutOff(Response):
    """Promises the whole body, sends half and drops the connection."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await asyncio.sleep(0.05)  # a reset overtakes bytes that are still to be written
        raise Dropped
