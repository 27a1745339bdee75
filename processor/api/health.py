"""SERVE: whether the process lives, whether it is ready, and its metrics."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Response
from fastapi.params import Depends
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from processor.api.access import REFUSALS

RESULTS: Mapping[str, Any] = {
    "application/json": {
        "schema": {"type": "object", "additionalProperties": {"type": "boolean"}},
    },
}
"""What `/ready` answers: each check by its name."""

Checks = Mapping[str, Callable[[], bool]]
"""What should hold, by name; answered without waiting."""


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

    @router.get("/health")
    async def health() -> dict[str, str]:
        """Answer that the event loop turns; a restart would help nothing else."""
        return {"status": "alive"}

    @router.get(
        "/ready",
        responses={
            200: {"description": "Ready.", "content": RESULTS},
            503: {"description": "Not ready; the body says what is missing.", "content": RESULTS},
        },
    )
    async def ready() -> JSONResponse:
        """Answer 200 when work can be sent here, else 503 with what is missing."""
        results = {name: check() for name, check in required.items()}
        status_code = 200 if all(results.values()) else 503
        results |= {name: check() for name, check in observed.items()}
        return JSONResponse(results, status_code=status_code)

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
