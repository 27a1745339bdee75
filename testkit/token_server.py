"""A token server for SASL/OAUTHBEARER: client credentials in, signed tokens out, keys as JWKS."""

import base64
import json
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

from joserfc import jwt
from joserfc.jwk import RSAKey

from testkit.server import HOST

ISSUER, AUDIENCE = "https://tokens.example", "kafka"


class TokenServer:
    """Serves `/token` and `/jwks` on a port of this machine while its block runs.

    Args:
        clients: The secret of each client id.
        lifetime_s: How long a token is valid; librdkafka renews it after 80 % of that.
    """

    def __init__(self, clients: Mapping[str, str], *, lifetime_s: int = 300) -> None:
        self.n_issued = 0
        self.lifetime_s = lifetime_s
        self._clients = dict(clients)
        self._key = RSAKey.generate_key(2048, {"kid": "first"})
        self._server = ThreadingHTTPServer((HOST, 0), _handler_of(self))
        self._thread = threading.Thread(target=self._server.serve_forever, name="token-server")
        self.url = f"http://{HOST}:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def key_set(self) -> dict[str, Any]:
        """Return the public keys."""
        return {"keys": [{**self._key.as_dict(private=False), "alg": "RS256", "use": "sig"}]}

    def issue(self, authorization: str) -> dict[str, Any] | None:
        """Return the answer to a client's secret, given by HTTP Basic; None if it is wrong."""
        given = base64.b64decode(authorization.partition(" ")[2]).decode()
        client, _, secret = map(unquote, given.partition(":"))
        if not client or self._clients.get(client) != secret:
            return None
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": client, "iat": now}
        claims["exp"] = now + self.lifetime_s
        self.n_issued += 1
        header = {"alg": "RS256", "kid": "first"}
        token = jwt.encode(header, claims, self._key)
        return {"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime_s}


def _handler_of(tokens: TokenServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._respond(200, tokens.key_set())

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            answer = tokens.issue(self.headers.get("Authorization", ""))
            refusal = {"error": "invalid_client", "error_description": "wrong secret"}
            self._respond(200 if answer else 401, answer or refusal)

        def log_message(self, *_: object) -> None:
            pass

        def _respond(self, status: int, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler
