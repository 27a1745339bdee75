"""Routes for orchestrators and Prometheus: `/health`, `/ready` and `/metrics`."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from processor.access.gate import Gate
from processor.access.principal import METRICS
from processor.http.access.admission import require
from processor.http.access.error_responses import NOT_ADMITTED
from processor.http.access.hosts import IS_OTHER_HOST
from processor.http.dependencies import Routes, provided

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

Check = Callable[[], str | None]
"""Returns None if all is well, or else the reason and the remedy. It does not wait."""

Checks = Mapping[str, Check]
"""Checks by name."""

router = APIRouter(tags=["operations"])


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


GivenHealth = Annotated[Health, Depends(provided(Health))]


def holds(*, otherwise: str, when: Callable[[], bool]) -> Check:
    """Return a check that holds while a condition is true.

    Args:
        otherwise: The reason that it gives while the condition is false.
        when: The condition. It does not wait.
    """
    return lambda: None if when() else otherwise


def health_routes(
    *, required: Checks, observed: Checks, registry: CollectorRegistry, gate: Gate
) -> Routes:
    """Return the routes for orchestrators and Prometheus.

    Args:
        required: Checks that must hold for the process to get requests.
        observed: Checks that are reported only.
        registry: The metrics.
        gate: Admits the readers of the metrics.
    """
    return Routes(router, (Health(required, observed, registry), gate))


# HAProxy and other load balancers probe by HEAD, which the OpenAPI document need not list.
@router.head("/health", include_in_schema=False)
@router.get("/health")
async def health() -> dict[str, str]:
    """Report that the event loop runs: a restart cures nothing else."""
    return {"status": "alive"}


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
    missing = _reasons(checks.required)
    reasons = missing | _reasons(checks.observed)
    names = (*checks.required, *checks.observed)
    results: dict[str, Any] = {name: name not in reasons for name in names}
    # Reasons name addresses and roles, which a page of another host name must not read.
    if reasons and not getattr(request.state, IS_OTHER_HOST, False):
        results["reasons"] = reasons
    return JSONResponse(results, status_code=503 if missing else 200)


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
    return Response(generate_latest(checks.registry), media_type=CONTENT_TYPE_LATEST)


def _reasons(checks: Checks) -> dict[str, str]:
    """Return the reason of each check that does not hold."""
    found = {name: check() for name, check in checks.items()}
    return {name: reason for name, reason in found.items() if reason is not None}
