"""Check the origin of a WebSocket's handshake, to which CORS does not apply."""

from collections.abc import Sequence


def is_allowed_origin(
    origin: str | None, *, host: str, scheme: str, allowed: Sequence[str]
) -> bool:
    """Whether a page of this origin may open a WebSocket.

    Args:
        origin: The Origin header; None from programs other than browsers.
        host: The Host header as the browser sent it, with its port.
        scheme: The scheme of the request: ws, wss, http or https.
        allowed: Other origins that may; `*` allows every origin.
    """
    if origin is None or "*" in allowed:
        return True
    if origin == "null":  # from a sandbox, a file or a redirect, which any site can cause
        return False
    own = f"{scheme.replace('ws', 'http', 1)}://{host}"
    return origin.lower() == own.lower() or origin in allowed
