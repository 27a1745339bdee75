"""What an operator asks a running processor: is it ready, why not, and its metrics."""

from typing import Any

import httpx

from testkit.services import Service

TIMEOUT_S = 10.0


def readiness(processor: Service) -> tuple[int, dict[str, Any]]:
    """Return the status and the body of /ready."""
    answer = httpx.get(f"{processor.url}/ready", timeout=TIMEOUT_S)
    return answer.status_code, answer.json()


def reasons(processor: Service) -> dict[str, str]:
    """Return why checks do not hold, by their names."""
    found: dict[str, str] = readiness(processor)[1].get("reasons", {})
    return found


def is_ready(processor: Service) -> bool:
    """Whether every check holds, the observed ones too; invented data are of another time."""
    code, checks = readiness(processor)
    return code == 200 and checks.get("reasons", {}).keys() <= {"clock"}


def metric(processor: Service, name: str) -> float | None:
    """Return the sum over all labels that the name does not give; None if there is none."""
    text = httpx.get(f"{processor.url}/metrics", timeout=TIMEOUT_S).text
    found = [
        float(line.rpartition(" ")[2])
        for line in text.splitlines()
        if line.startswith((f"{name} ", f"{name}{{"))
    ]
    return sum(found) if found else None
