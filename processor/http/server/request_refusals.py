"""SERVE: answers to requests that no route sees, because they cannot be read or are too large."""

from http import HTTPStatus

import msgspec

from processor.http.server.answer_headers import completed

MAX_HEAD_BYTES = 64 * 1024
"""Request line and headers together; browsers send 2 KB, a token in a header is 4 KB."""

MAX_HEADERS = 128
"""What the WebSocket library takes, too. Every header costs each look-up of one."""

MAX_BODY_BYTES = 64 * 1024
"""Chunk lengths and trailers included. No route here reads a body."""

REQUEST_SECONDS = 10.0
"""For a whole request, from the connection's first moment or from the end of the answer before."""


class Refusal(msgspec.Struct, frozen=True):
    """One way in which a request is refused.

    Attributes:
        status: Of the answer.
        error: In the body, for programs, and in logs and metrics.
        reason: In the body, for people.
    """

    status: HTTPStatus
    error: str
    reason: str

    def answer(self, default_headers: list[tuple[bytes, bytes]]) -> bytes:
        """Return the answer as it goes to the client; the connection is closed after it."""
        body = msgspec.json.encode({"error": self.error, "reason": self.reason})
        headers = completed(
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


MALFORMED = Refusal(
    HTTPStatus.BAD_REQUEST, "malformed_request", "this is not a request of HTTP/1.1"
)

HEAD_TOO_LARGE = Refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "headers_too_large",
    f"the request line and the headers may have {MAX_HEAD_BYTES} bytes together, "
    f"and there may be {MAX_HEADERS} headers",
)

BODY_TOO_LARGE = Refusal(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "body_too_large",
    f"the body of a request may have {MAX_BODY_BYTES} bytes",
)

TOO_SLOW = Refusal(
    HTTPStatus.REQUEST_TIMEOUT,
    "request_timeout",
    f"the request was not complete after {REQUEST_SECONDS:g} seconds",
)
