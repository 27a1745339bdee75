"""Runs the real processor in both roles, which writes its counts of objects at SIGUSR1."""

import asyncio
import gc
import signal
import sys
from pathlib import Path

import uvloop

from configuration.loading import load_settings
from configuration.logs import configure_logs
from processor.service import Service
from processor.settings import ProcessorSettings


async def _run(sent: Path) -> None:
    def send() -> None:
        sent.write_text(f"{len(asyncio.all_tasks())} {len(gc.get_objects())}\n")

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, send)
    await Service(load_settings(ProcessorSettings), "all").run()


if __name__ == "__main__":
    configure_logs("info", "json")
    uvloop.run(_run(Path(sys.argv[1])))
