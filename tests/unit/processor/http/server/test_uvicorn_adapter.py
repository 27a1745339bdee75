"""The classes of uvicorn that `http_protocol.py` and `websocket_protocol.py` extend."""

import hashlib
import inspect

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

KNOWN = {
    HttpToolsProtocol: "18fdf324b11bf160e38739eed01a48516b460be9e88f1e20e4546e7363fd9232",
    RequestResponseCycle: "e67d470d435dcc1ce6de9773841524a4439a06afd3a7243e458dc7f7c952b310",
    WebSocketsSansIOProtocol: "0bbcec98938432f71b93ca20eea63487298f4650159242db8526a6f664902997",
}
"""SHA-256 of the source of each class for which the adapter was checked."""


@pytest.mark.parametrize("kind", KNOWN, ids=lambda kind: kind.__name__)
def test_class_is_the_one_that_the_adapter_was_checked_for(kind: type) -> None:
    """The adapter depends on methods and attributes that uvicorn does not document."""
    digest = hashlib.sha256(inspect.getsource(kind).encode()).hexdigest()
    assert digest == KNOWN[kind], (
        f"uvicorn changed {kind.__name__}. Read the change, check the methods that"
        " processor/http/server/http_protocol.py and websocket_protocol.py override, run"
        f" tests/attacks, and put this digest into KNOWN: {digest}"
    )
