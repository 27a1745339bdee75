"""Run the whole flight monitor until a signal."""

import os
import sys

from configuration.errors import SettingsError
from configuration.loading import load_settings
from configuration.logs import configure_logs
from standalone.broker import EmbeddedBrokerError
from standalone.database_folder import EmbeddedDatabaseError, ServerFailedError
from standalone.errors import RefusedError, StandaloneError
from standalone.live_line import LiveLine
from standalone.options import Options
from standalone.preflight import check, lock_data_dir
from standalone.service import Service
from standalone.settings import AllSettings
from standalone.stop_signals import StopSignals
from standalone.terminal import say

EXIT_FAILED = 1
EXIT_REFUSED = 2


def start(options: Options) -> int:
    """Run until a signal and return the exit code."""
    # Whatever this process and its children write is for this user alone.
    os.umask(0o077)
    try:
        settings = load_settings(AllSettings)
        configure_logs(settings.log.level, settings.log.format)
        check(options, settings)
        with lock_data_dir(options.data_dir):
            return _run(options, settings)
    except (RefusedError, SettingsError, EmbeddedDatabaseError) as error:
        say(f"standalone: {error}")
        return EXIT_REFUSED
    except KeyboardInterrupt:  # nothing was started yet
        return 0


def _run(options: Options, settings: AllSettings) -> int:
    signals = StopSignals()
    line = LiveLine(sys.stdout)
    service = Service(options, settings, signals=signals, say=say)
    with signals.watched():
        try:
            exit_code = _serve(service, signals, line)
        finally:
            line.close()
            why = f" on {signals.first}" if signals.first else ""
            say(f"stopping{why}: what was collected is stored first; Ctrl-C once more hurries")
            is_stored = service.stop()
    return exit_code if is_stored else EXIT_FAILED


def _serve(service: Service, signals: StopSignals, line: LiveLine) -> int:
    try:
        with signals.interrupting():
            service.start()
        line.announce(service.ready_line(with_password=line.is_terminal))
        service.watch(line)
    except KeyboardInterrupt:
        return 0
    except (StandaloneError, EmbeddedDatabaseError, EmbeddedBrokerError) as error:
        line.close()
        for finding in service.findings():
            if finding.text not in str(error):
                say(f"{finding.child}: {finding.level}: {finding.text}")
        say(f"standalone: {error}")
        return _exit_code(error)
    return 0


def _exit_code(error: Exception) -> int:
    is_folder = isinstance(error, EmbeddedDatabaseError) and not isinstance(
        error, ServerFailedError
    )
    return EXIT_REFUSED if is_folder else EXIT_FAILED
