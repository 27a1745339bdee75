"""What a request is refused with."""

from typing import Literal

from processor.errors import ProcessorError

Code = Literal[
    "missing",
    "invalid_request",
    "invalid_token",
    "insufficient_scope",
    "temporarily_unavailable",
]
"""OAuth 2.0's names (RFC 6749, RFC 6750), and `missing` where nothing was brought at all."""


class AccessError(ProcessorError):
    """The request may not have what it asks for: answer with the status, and say why.

    Args:
        status: 401 = come back with something better, 403 = not with this, 503 = come back later.
        code: For programs.
        reason: For people; never holds what was brought.
    """

    def __init__(self, status: Literal[401, 403, 503], code: Code, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.code = code
        self.reason = reason


def invalid_token(reason: str) -> AccessError:
    """Make the answer to whatever was brought and is not accepted."""
    return AccessError(401, "invalid_token", reason)


Loss = Literal["revoked", "narrowed", "expired"]
"""How a right ends while it is in use."""


class RightLostError(AccessError):
    """The right that something was begun with is gone: end it, and say why."""

    def __init__(self, loss: Loss, reason: str) -> None:
        if loss == "narrowed":
            super().__init__(403, "insufficient_scope", reason)
        else:
            super().__init__(401, "invalid_token", reason)
        self.loss = loss
