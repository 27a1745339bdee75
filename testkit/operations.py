"""Reads readiness and metrics of a running processor, as an operator does."""

from typing import Any

import httpx

from testkit.services import Service

TIMEOUT_S = 10.0


def readiness(processor: Service) -> tuple[int, dict[str, Any]]:
    """Return the status and the body of /ready."""
    answer = httpx.get(f"{processor.url}/ready", timeout=TIMEOUT_S)
    return answer.status_code, answer.json()


def reasons(processor: Service) -> dict[str, str]:
    """Return the reasons of the checks that do not hold, by name."""
    found: dict[str, str] = readiness(processor)[1].get("reasons", {})
    return found


def is_ready(processor: Service) -> bool:
    """Whether every check holds, also the observed ones except the clock: invented data are old."""
    code, checks = readiness(processor)
    return code == 200 and checks.get("reasons", {}).keys() <= {"clock"}


def metric(processor: Service, name: str) -> float | None:
    """Return the sum over all other labels; None if there is no such metric."""
    text = httpx.get(f"{processor.url}/metrics", timeout=TIMEOUT_S).text
    found = [
        float(line.rpartition(" ")[2])
        for line in text.splitlines()
        if line.startswith((f"{name} ", f"{name}{{"))
    ]
    return sum(found) if found else None
