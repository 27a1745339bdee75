"""Routes for orchestrators and Prometheus: `/health`, `/ready` and `/metrics`."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from processor.access.gate import Gate
from processor.access.principal import METRICS
from processor.http.access.dependencies import require
from processor.http.access.error_responses import NOT_ADMITTED
from processor.http.dependencies import Routes, provided
from processor.http.health import ALIVE, Health, respond_metrics, respond_ready

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
"""The body of `/ready`: each check by its name, and `reasons` for the checks that are false."""

router = APIRouter(tags=["operations"])

GivenHealth = Annotated[Health, Depends(provided(Health))]


def health_routes(health: Health, gate: Gate) -> Routes:
    """Return the routes for orchestrators and Prometheus.

    Args:
        health: The checks and metrics.
        gate: Admits the readers of the metrics.
    """
    return Routes(router, (health, gate))


# HAProxy and other load balancers probe by HEAD, which the OpenAPI document need not list.
@router.head("/health", include_in_schema=False)
@router.get("/health")
async def health() -> dict[str, str]:
    """Report that the event loop runs: a restart cures nothing else."""
    return ALIVE


@router.head("/ready", include_in_schema=False)
@router.get(
    "/ready",
    responses={
        200: {"description": "The process can serve requests.", "content": RESULTS},
        503: {"description": "Not ready; the body says what is missing.", "content": RESULTS},
    },
)
async def ready(request: Request, checks: GivenHealth) -> JSONResponse:
    """Respond with 200 if the process can serve requests, or else with 503 and the reasons."""
    return respond_ready(request, checks)


@router.get(
    "/metrics",
    dependencies=[Depends(require(METRICS))],
    response_class=Response,
    responses={
        200: {"description": "The metrics.", "content": {"text/plain": {}}},
        503: {"description": "The credentials cannot be checked now; retry in a few seconds."},
        **NOT_ADMITTED,
    },
)
async def metrics(checks: GivenHealth) -> Response:
    """Return the metrics in Prometheus' text format."""
    return respond_metrics(checks)
