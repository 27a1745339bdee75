"""What a fault experiment measures while it runs: lines in its output, and their reader."""

import json
import os
from collections.abc import Iterator
from typing import Any

from testkit.audit_log import Account

_MARK = "fault-record "


def record_account(account: Account) -> None:
    """Note that every message was accounted for."""
    _write(account._asdict() | {"repeated": account.repeated})


def record_faults(count: int = 1) -> None:
    """Note that so many faults were injected."""
    _write({"faults": count})


def record_recovery(seconds: float) -> None:
    """Note how long the archive took to store what was in the topic."""
    _write({"recovery_s": round(seconds, 2)})


def read_records(output: str) -> Iterator[dict[str, Any]]:
    """Yield what a test has noted, from its captured output."""
    for line in output.splitlines():
        if line.startswith(_MARK):
            yield json.loads(line.removeprefix(_MARK))


def _write(values: dict[str, Any]) -> None:
    if "FAULT_SEED" in os.environ:  # else nothing reads it
        print(_MARK + json.dumps(values))  # noqa: T201 - pytest keeps it with the test
