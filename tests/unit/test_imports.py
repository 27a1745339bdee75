"""Each entry imports only what it needs, in an interpreter of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

CREATE_SERVICE = """
import asyncio
from processor import commands
from processor.service import Service
from processor.settings import ProcessorSettings

async def create():
    return Service(ProcessorSettings(), {role!r})._app("127.0.0.1")

asyncio.run(create())
"""

MAINTENANCE = "from processor import commands\nfrom processor.archive import commands"

ENTRIES = {
    "the arguments of the processor": "import processor.__main__",
    "the role archive": CREATE_SERVICE.format(role="archive"),
    "the role live": CREATE_SERVICE.format(role="live"),
    "both roles": CREATE_SERVICE.format(role="all"),
    "audit": MAINTENANCE,
    "the arguments of the collector": "import collector.__main__",
    "the collector": "import collector.start",
    "the simulator": "import simulator.__main__",
    "the arguments of standalone": "import standalone.__main__",
    "standalone": "import standalone.start",
}

ALWAYS_ABSENT = (
    *("pyarrow", "fastapi", "alembic", "sqlalchemy", "joserfc"),
    *("fastavro", "google.protobuf", "opentelemetry"),
)

ENTIRELY_LATER = ("structlog", "pydantic", "asyncio", "numpy", "asyncpg", "confluent_kafka")
"""Modules that the help and the errors of a command line do without."""

ABSENT = {
    "the arguments of the processor": ENTIRELY_LATER,
    "the arguments of the collector": ENTIRELY_LATER,
    "the arguments of standalone": ENTIRELY_LATER,
    "the role archive": ("httpx2", "processor.live", "processor.replay", "processor.application"),
    "the role live": ("httpx2", "processor.archive", "processor.application"),
    "both roles": ("httpx2", "processor.archive.commands", "processor.application"),
    "audit": ("httpx2", "starlette", "uvicorn", "processor.service", "processor.live"),
    "the collector": ("numpy", "starlette", "uvicorn", "asyncpg", "authlib", "processor"),
    "the simulator": ("numpy", "pydantic", "confluent_kafka", "asyncpg"),
    "standalone": ("numpy", "starlette", "uvicorn", "cryptography"),
}
"""Large modules that an entry must not import, beside those that none may import."""


def _imported_by(program: str) -> set[str]:
    """Return the modules that an interpreter has imported after a program."""
    reported = f"{program}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", reported], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("entry", ENTRIES)
def test_large_modules_are_not_imported(entry: str) -> None:
    """What one entry needs must not become part of the memory and of the start of the others."""
    assert not _imported_by(ENTRIES[entry]).intersection((*ALWAYS_ABSENT, *ABSENT[entry]))
