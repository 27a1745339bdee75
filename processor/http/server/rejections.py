"""Responses to requests that no route sees, because they are malformed, too large or too slow."""

from http import HTTPStatus

import msgspec

from processor.http.server.default_headers import with_default_headers

MAX_HEAD_BYTES = 64 * 1024
"""Request line and headers together. Browsers send 2 kB, and a token in a header has 4 kB."""

MAX_HEADERS = 128
"""As many as the WebSocket library allows. Each header slows down every look-up of a header."""

MAX_BODY_BYTES = 64 * 1024
"""A body with its chunk lengths and trailers. No route reads a body."""

REQUEST_SECONDS = 10.0
"""How long a whole request may take, counted from the start of the connection or from the end of
the previous response."""


class Rejection(msgspec.Struct, frozen=True):
    """A reason to reject a request.

    Attributes:
        status: The status of the response.
        error: A code for programs, in the body, in logs and in metrics.
        reason: A sentence for people, in the body.
    """

    status: HTTPStatus
    error: str
    reason: str

    def encode(self, default_headers: list[tuple[bytes, bytes]]) -> bytes:
        """Return the response as bytes for the socket. It announces the end of the connection."""
        body = msgspec.json.encode({"error": self.error, "reason": self.reason})
        headers = with_default_headers(
            [
                *default_headers,
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
                (b"connection", b"close"),
            ]
        )
        lines = [b"HTTP/1.1 %d %s" % (self.status, self.status.phrase.encode())]
        lines += [name + b": " + value for name, value in headers]
        return b"\r\n".join([*lines, b"", body])


MALFORMED = Rejection(
    HTTPStatus.BAD_REQUEST, "malformed_request", "this is not a request of HTTP/1.1"
)

HEAD_TOO_LARGE = Rejection(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "headers_too_large",
    f"the request line and the headers may have {MAX_HEAD_BYTES} bytes together, "
    f"and there may be {MAX_HEADERS} headers",
)

BODY_TOO_LARGE = Rejection(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "body_too_large",
    f"the body of a request may have {MAX_BODY_BYTES} bytes",
)

TOO_SLOW = Rejection(
    HTTPStatus.REQUEST_TIMEOUT,
    "request_timeout",
    f"the request was not complete after {REQUEST_SECONDS:g} seconds",
)
