"""SERVE: which pages may open a WebSocket here, since CORS does not ask."""

from collections.abc import Sequence


def is_allowed_origin(
    origin: str | None, *, host: str, scheme: str, allowed: Sequence[str]
) -> bool:
    """Tell whether a handshake is welcome.

    Args:
        origin: The Origin header; programs other than browsers send none.
        host: The Host header, as the browser has put it, with its port.
        scheme: Of the request: ws, wss, http or https.
        allowed: Origins of other sites, exactly; `*` is any.
    """
    if origin is None or "*" in allowed:
        return True
    if origin == "null":  # a sandbox, a file, a redirect: anybody's
        return False
    own = f"{scheme.replace('ws', 'http', 1)}://{host}"
    return origin.lower() == own.lower() or origin in allowed
