"""Runs the processor's audit in this process: a command of its own would take a second to start."""

import contextlib
import io
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from unittest import mock

import uvloop

from configuration.loading import load_settings
from processor.archive.audit.derived import Extent
from processor.archive.commands import AuditScope, print_audit
from processor.errors import FatalError
from processor.settings import ProcessorSettings


class AuditRun(NamedTuple):
    """What `python -m processor audit` would have ended with.

    Attributes:
        returncode: The exit code.
        stdout: The proof, or the first violation.
        stderr: Why the audit could not run; empty if it did.
    """

    returncode: int
    stdout: str
    stderr: str


def run_audit(
    environment: Mapping[str, str], *, kafka: bool = False, deep: Extent | None = None
) -> AuditRun:
    """Audit with settings that are named as in the environment; the others have their defaults."""
    with mock.patch.dict(os.environ, environment):
        settings = load_settings(ProcessorSettings, None)
    # In a thread, because a test may have an event loop of its own.
    with ThreadPoolExecutor(1) as thread, contextlib.redirect_stdout(io.StringIO()) as printed:
        try:
            audited = print_audit(settings, AuditScope(kafka, deep), as_json=False)
            returncode = thread.submit(uvloop.run, audited).result()
        except FatalError as error:
            return AuditRun(1, printed.getvalue(), str(error))
    return AuditRun(returncode, printed.getvalue(), "")
