"""The real processor in both roles, which also tells how many asyncio tasks it has when asked."""

import asyncio
import gc
import signal
import sys
from pathlib import Path

import uvloop

from processor.service import Service
from telemetry.logs import configure_logs
from telemetry.settings import load_settings


async def _run(told: Path) -> None:
    def tell() -> None:
        told.write_text(f"{len(asyncio.all_tasks())} {len(gc.get_objects())}\n")

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, tell)
    await Service(load_settings(), "all").run()


if __name__ == "__main__":
    configure_logs("info", "json")
    uvloop.run(_run(Path(sys.argv[1])))
