"""Health checks and metrics, and the responses that report them."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from processor.http.access.hosts import IS_OTHER_HOST

Check = Callable[[], str | None]
"""Returns None if all is well, or else the reason and the remedy. It does not wait."""

Checks = Mapping[str, Check]
"""Checks by name."""

ALIVE = {"status": "alive"}
"""The body of `/health`: the event loop runs. A restart cures nothing else."""


class Health(msgspec.Struct, frozen=True):
    """What the routes report.

    Attributes:
        required: Checks that must hold for the process to get requests.
        observed: Checks that are reported only.
        registry: The metrics.
    """

    required: Checks
    observed: Checks
    registry: CollectorRegistry


def holds(*, otherwise: str, when: Callable[[], bool]) -> Check:
    """Return a check that holds while a condition is true.

    Args:
        otherwise: The reason that it gives while the condition is false.
        when: The condition. It does not wait.
    """
    return lambda: None if when() else otherwise


def respond_ready(request: Request, health: Health) -> JSONResponse:
    """Respond with 200 if the process can serve requests, or else with 503 and the reasons."""
    missing = _reasons(health.required)
    reasons = missing | _reasons(health.observed)
    names = (*health.required, *health.observed)
    results: dict[str, Any] = {name: name not in reasons for name in names}
    # Reasons name addresses and roles, which a page of another host name must not read.
    if reasons and not getattr(request.state, IS_OTHER_HOST, False):
        results["reasons"] = reasons
    return JSONResponse(results, status_code=503 if missing else 200)


def respond_metrics(health: Health) -> Response:
    """Respond with the metrics in Prometheus' text format."""
    return Response(generate_latest(health.registry), media_type=CONTENT_TYPE_LATEST)


def _reasons(checks: Checks) -> dict[str, str]:
    """Return the reason of each check that does not hold."""
    found = {name: check() for name, check in checks.items()}
    return {name: reason for name, reason in found.items() if reason is not None}
