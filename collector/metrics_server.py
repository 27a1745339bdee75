"""Serve the metrics of the collector in a thread, to clients with a key where one is needed."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from prometheus_client import CollectorRegistry, make_wsgi_app, start_http_server

from collector.metrics_keys import MetricsKeys
from configuration.errors import SettingsError
from configuration.http_address import url_of
from configuration.shared_sections import AccessSettings, HttpSettings

log = structlog.stdlib.get_logger()

StartResponse = Callable[[str, list[tuple[str, str]]], object]
WsgiApp = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


@contextlib.contextmanager
def metrics_server(
    http: HttpSettings, access: AccessSettings, registry: CollectorRegistry
) -> Iterator[None]:
    """Serve /metrics in a thread of its own, so that it answers while a poll is decoded.

    Raises:
        SettingsError: The port is taken, or the file of keys cannot be used.
    """
    port = http.collector_metrics_port
    if not port:
        yield
        return
    app = create_metrics_app(access, registry)
    try:
        # Nothing is served until the application is the one that asks for keys.
        server, thread = start_http_server(port, http.host, CollectorRegistry())
    except OSError as error:
        raise SettingsError(
            f"http.collector_metrics_port {port}: cannot listen on {http.host} "
            f"({error.strerror}); take another port, or 0 for none"
        ) from error
    server.set_app(app)
    log.info("metrics_served", url=f"{url_of(http.host, port)}/metrics")
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def create_metrics_app(access: AccessSettings, registry: CollectorRegistry) -> WsgiApp:
    """Return the application, which asks for a key where the processor's /metrics does.

    Raises:
        SettingsError: The file of keys cannot be used.
    """
    metrics: WsgiApp = make_wsgi_app(registry)
    keys = (
        MetricsKeys(access.keys_file, access.metrics_token) if access.mode == "required" else None
    )
    if keys is not None and access.keys_file is None and access.metrics_token is None:
        log.warning(
            "metrics_refused",
            reason="access.mode is required, and neither access.keys_file nor access.metrics_token"
            " is set: the collector cannot check an issuer's tokens, so it refuses everyone",
        )

    def app(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/health":
            return _respond(start_response, HTTPStatus.OK, {"status": "alive"}, [])
        refusal = None if keys is None else keys.refusal(environ.get("HTTP_AUTHORIZATION"))
        if refusal is None:
            return metrics(environ, start_response)
        detail = "" if refusal.error == "missing" else f' error="{refusal.error}"'
        return _respond(
            start_response,
            HTTPStatus(refusal.status),
            {"error": refusal.error, "reason": refusal.reason},
            [("WWW-Authenticate", f"Bearer{detail}")],
        )

    return app


def _respond(
    start_response: StartResponse,
    status: HTTPStatus,
    body: dict[str, str],
    headers: list[tuple[str, str]],
) -> list[bytes]:
    kind = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    start_response(f"{status.value} {status.phrase}", [*kind, *headers])
    return [msgspec.json.encode(body)]
