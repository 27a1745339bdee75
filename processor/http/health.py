"""SERVE: whether the process lives, whether it is ready, and its metrics."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.params import Depends
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from processor.http.access.gate_middleware import REFUSALS
from processor.http.access.hosts import IS_OTHER_HOST

RESULTS: Mapping[str, Any] = {
    "application/json": {
        "schema": {
            "type": "object",
            "properties": {
                "reasons": {"type": "object", "additionalProperties": {"type": "string"}}
            },
            "additionalProperties": {"type": "boolean"},
        },
    },
}
"""What `/ready` answers: each check by its name, and `reasons`, why those that are false are."""

Check = Callable[[], str | None]
"""Returns None while it holds, else the reason and the remedy; answers without waiting."""

Checks = Mapping[str, Check]
"""Checks by name."""


def holds(*, otherwise: str, when: Callable[[], bool]) -> Check:
    """Make a check that holds while a condition is true.

    Args:
        otherwise: The reason that it gives while the condition is false.
        when: The condition; answers without waiting.
    """
    return lambda: None if when() else otherwise


def health_routes(
    *,
    required: Checks,
    observed: Checks,
    registry: CollectorRegistry,
    before_metrics: Sequence[Depends] = (),
) -> APIRouter:
    """Make the routes for orchestrators and Prometheus.

    Args:
        required: What must hold for requests to be sent here.
        observed: What is told beside it.
        registry: Where the metrics are.
        before_metrics: What must admit a reader of the metrics.
    """
    router = APIRouter(tags=["operations"])

    # HAProxy and other balancers probe by HEAD, which the document need not say.
    @router.head("/health", include_in_schema=False)
    @router.get("/health")
    async def health() -> dict[str, str]:
        """Answer that the event loop turns; a restart would help nothing else."""
        return {"status": "alive"}

    @router.head("/ready", include_in_schema=False)
    @router.get(
        "/ready",
        responses={
            200: {"description": "Ready.", "content": RESULTS},
            503: {"description": "Not ready; the body says what is missing.", "content": RESULTS},
        },
    )
    async def ready(request: Request) -> JSONResponse:
        """Answer 200 when work can be sent here, else 503 with what is missing."""
        missing = _reasons(required)
        reasons = missing | _reasons(observed)
        results: dict[str, Any] = {name: name not in reasons for name in (*required, *observed)}
        # They name addresses and roles, which a page under a name of its own should not read.
        if reasons and not getattr(request.state, IS_OTHER_HOST, False):
            results["reasons"] = reasons
        return JSONResponse(results, status_code=503 if missing else 200)

    @router.get(
        "/metrics",
        dependencies=before_metrics,
        response_class=Response,
        responses={
            200: {"description": "The metrics.", "content": {"text/plain": {}}},
            503: {"description": "Who asks cannot be known at the moment."},
            **REFUSALS,
        },
    )
    async def metrics() -> Response:
        """Answer in Prometheus' text format."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router


def _reasons(checks: Checks) -> dict[str, str]:
    """Return why each check that does not hold does not."""
    found = {name: check() for name, check in checks.items()}
    return {name: reason for name, reason in found.items() if reason is not None}
