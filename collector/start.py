"""Read the settings, and run the collector or its command `check`."""

import asyncio
import importlib
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from collector.check import check
from collector.service import run
from collector.settings import CollectorSettings
from configuration.errors import SettingsError
from configuration.loading import load_settings
from configuration.logs import configure_logs

EXIT_SETTINGS = 2


def start(command: str, config_file: Path | None) -> int:
    """Read the settings and run a command; return the exit code.

    Args:
        command: `run` or `check`.
        config_file: By default `config.yaml` in the current folder, if there is one.
    """
    try:
        settings = load_settings(CollectorSettings, config_file)
        configure_logs(settings.log.level, settings.log.format)
        return _run(check if command == "check" else run, settings)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_SETTINGS


def _run(
    command: Callable[[CollectorSettings], Coroutine[Any, Any, int]], settings: CollectorSettings
) -> int:
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(command(settings))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's loop where it is installed; it does not exist for Windows."""
    try:
        factory: Callable[[], asyncio.AbstractEventLoop] = importlib.import_module(
            "uvloop"
        ).new_event_loop
    except ImportError:
        return None
    return factory
