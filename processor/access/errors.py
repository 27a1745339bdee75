"""Errors of access control, with the status and code of the response."""

from typing import Literal

from processor.errors import ProcessorError

Code = Literal[
    "missing",
    "invalid_request",
    "invalid_token",
    "insufficient_scope",
    "temporarily_unavailable",
]
"""Error codes of OAuth 2.0 (RFC 6749, RFC 6750), and `missing` if there are no credentials."""


class AccessError(ProcessorError):
    """A request is not admitted.

    Args:
        status: 401 asks for other credentials; with 403 the credentials lack a scope; with 503 they
            cannot be checked now.
        code: The code for programs.
        reason: The sentence for people. It never quotes the credentials.
    """

    def __init__(self, status: Literal[401, 403, 503], code: Code, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.code = code
        self.reason = reason


def invalid_token(reason: str) -> AccessError:
    """Return the error for credentials that are not accepted."""
    return AccessError(401, "invalid_token", reason)


Loss = Literal["revoked", "narrowed", "expired"]
"""Why a right ended while it was in use."""


class RightLostError(AccessError):
    """The right that a stream or a file was started with is lost: it must end, with this reason."""

    def __init__(self, loss: Loss, reason: str) -> None:
        if loss == "narrowed":
            super().__init__(403, "insufficient_scope", reason)
        else:
            super().__init__(401, "invalid_token", reason)
        self.loss = loss
