"""Start everything in order, watch it, and stop it so that nothing is lost."""

import os
import signal
import threading
import time
from collections.abc import Callable

from configuration.database_url import without_password
from configuration.http_address import url_of
from standalone.broker import EmbeddedBroker
from standalone.child_log import Finding
from standalone.children import Child
from standalone.database import EmbeddedDatabase, free_port
from standalone.drain import wait_until_stored
from standalone.environment import (
    PROJECT,
    children_environment,
    choose_metrics_token,
    simulated_opensky,
    simulator_arguments,
)
from standalone.errors import ServingError
from standalone.live_line import LiveLine
from standalone.log_end import LogEnd
from standalone.options import Options
from standalone.preflight import has_credentials
from standalone.processor_status import ProcessorStatus
from standalone.readiness import wait_for_processor, wait_for_simulator
from standalone.settings import AllSettings
from standalone.stop_signals import StopSignals

_POLL_SECONDS = 0.1
_WATCH_SECONDS = 0.25
_LOG_CHECK_SECONDS = 60.0
_SHOWN = 3

# With the wait for the archive below the 10 s that an orderly stop may take.
_COLLECTOR_STOP_SECONDS = 3.0
_SIMULATOR_STOP_SECONDS = 1.5
_PROCESSOR_STOP_SECONDS = 4.0
# For who hurries; a clean end saves the repair at the next start.
_DATABASE_STOP_SECONDS = 1.5

Say = Callable[[str], None]


class Service:
    """Everything that runs on behalf of one command."""

    def __init__(
        self, options: Options, settings: AllSettings, *, signals: StopSignals, say: Say
    ) -> None:
        self._options = options
        self._settings = settings
        self._signals = signals
        self._say = say
        self._broker: EmbeddedBroker | None = None
        self._database: EmbeddedDatabase | None = None
        self._bootstrap_servers = options.kafka or ""
        self._database_url = options.database or ""
        logs = options.data_dir / "logs"
        # The embedded broker dies with this process: there is nothing left to flush to, and the
        # collector would try for 20 s.
        at_death = signal.SIGKILL if options.kafka is None else signal.SIGTERM
        self._migrations, self._simulator, self._collector, self._processor = (
            Child(name, logs, at_parent_death=at_death)
            for name in ("migrations", "simulator", "collector", "processor")
        )
        self._url = url_of(settings.http.host, options.port)
        self._metrics_token = choose_metrics_token(settings.access)
        self._status = ProcessorStatus(self._url, self._metrics_token)
        self._failed: tuple[str, ...] = ()

    def ready_line(self, *, with_password: bool) -> str:
        """Where everything is.

        Args:
            with_password: Whether to show a password that was given with --database; the address
                of the embedded database has none.
        """
        database = self._database_url if with_password else without_password(self._database_url)
        return (
            f"ready: page {self._url}/  stream {self._url}/sse/flights"
            f"  broker {self._bootstrap_servers}  database {database}"
        )

    def start(self) -> None:
        """Start all parts and return when everything serves, also without any aircraft.

        Raises:
            StandaloneError: A part died or does not serve.
            EmbeddedDatabaseError: The database could not be started.
        """
        self._start_broker()
        self._start_database()
        self._migrate()
        self._start_children()
        wait_for_processor(self._status, self._check_start, self._say)

    def watch(self, line: LiveLine) -> None:
        """Show how it goes until a signal comes.

        Raises:
            StandaloneError: A part died.
        """
        bound_logs_at = 0.0
        while not self._signals.has_stopped:
            self._check()
            if line.is_due:
                self._show(line)
            if time.monotonic() > bound_logs_at:
                bound_logs_at = time.monotonic() + _LOG_CHECK_SECONDS
                for child in (self._simulator, self._collector, self._processor):
                    child.log.bound()
            self._signals.wait(_WATCH_SECONDS)

    def _show(self, line: LiveLine) -> None:
        """Show the figures, and say once which half has failed, and why."""
        figures = self._status.figures()
        line.show(figures)
        failed = figures.failed if figures is not None else self._failed
        if set(failed) - set(self._failed):
            self._status.missing()
            line.close()
            self._say(f"warning: {self._status.failure or f'failed: {failed}'}; it is tried again")
        self._failed = failed

    def stop(self) -> bool:
        """End whatever was started; return whether all that was collected is kept."""
        lost = [self._stop_collector(), self._stop_archive()]
        self._migrations.stop(self._signals, hurry_after_seconds=_SIMULATOR_STOP_SECONDS)
        self._status.close()
        self._stop_database()
        if self._broker is not None:
            self._broker.close()
        for sentence in filter(None, lost):
            self._say(f"standalone: {sentence}")
        return not any(lost)

    def findings(self) -> list[Finding]:
        """The last warnings and errors of all parts."""
        children = (self._simulator, self._collector, self._processor)
        return [finding for child in children for finding in child.log.findings()[-_SHOWN:]]

    def _start_broker(self) -> None:
        if self._options.kafka is not None:
            self._say(f"using the broker {self._options.kafka}")
            return
        self._say(
            "starting the broker (embedded: its log is in memory and ends with this process; what"
            " is stored in the database stays)"
        )
        kafka = self._settings.kafka
        self._broker = EmbeddedBroker(kafka.topic, kafka.partitions)
        self._bootstrap_servers = self._broker.bootstrap_servers

    def _start_database(self) -> None:
        if self._options.database is None:
            self._say(f"starting the database (PostgreSQL in {self._options.data_dir})")
            self._database = EmbeddedDatabase(self._options.data_dir)
            self._database.start()
            self._database_url = self._database.service_url

    def _migrate(self) -> None:
        self._say("bringing the tables up to date")
        self._migrations.start(
            ["alembic", "--config", str(PROJECT / "pyproject.toml"), "upgrade", "head"],
            self._environment(),
        )
        if self._migrations.wait() != 0:
            self._migrations.check()

    def _start_children(self) -> None:
        """Start the slowest first, so that the others start beside it."""
        environment = self._environment()
        self._say("starting the processor")
        self._processor.start(["processor"], environment)
        if self._options.opensky:
            self._say_how_to_get_credits()
        else:
            environment |= self._start_simulator(environment)
        self._say("starting the collector")
        self._collector.start(["collector"], environment)

    def _start_simulator(self, environment: dict[str, str]) -> dict[str, str]:
        """Return what the collector must know to ask it."""
        port = free_port()
        what = f"{self._options.aircraft:,} invented aircraft"
        if self._options.replay:
            what = "recorded: " + ", ".join(path.name for path in self._options.replay)
        self._say(f"starting the simulator ({what})")
        self._simulator.start(simulator_arguments(self._options, port), environment)
        wait_for_simulator(f"http://127.0.0.1:{port}", self._check)
        return simulated_opensky(self._options, self._settings, port)

    def _say_how_to_get_credits(self) -> None:
        if not has_credentials(self._settings.opensky):
            self._say(
                "warning: no credentials for OpenSky are set, and without them it gives 400 credits"
                " a day: one poll of the globe each 15 minutes. A free account gives ten times as"
                " many: set OPENSKY_CREDENTIALS_FILE to the credentials.json of its page"
            )

    def _environment(self) -> dict[str, str]:
        return children_environment(
            self._options,
            self._settings,
            bootstrap_servers=self._bootstrap_servers,
            database_url=self._database_url,
            metrics_token=self._metrics_token,
        )

    def _check(self) -> None:
        for child in (self._simulator, self._collector, self._processor):
            child.check()
        if self._database is not None and self._database.pid is None:
            folder = self._database.folder
            raise ServingError(
                f"the database ended: {folder.last_log_line()}; its log is {folder.log_file}"
            )

    def _check_start(self) -> None:
        """Check, and end a start that cannot succeed; later on the half that works goes on."""
        self._check()
        if self._status.failure is not None:
            raise ServingError(f"{self._status.failure}; the log is {self._processor.log.path}")

    def _stop_collector(self) -> str | None:
        """Stop what comes in; return what must be said if something of it was lost."""
        was_running = self._collector.is_running
        exit_code = self._collector.stop(self._signals, hurry_after_seconds=_COLLECTOR_STOP_SECONDS)
        self._simulator.stop(self._signals, hurry_after_seconds=_SIMULATOR_STOP_SECONDS)
        # SIGTERM ends it before it is set up, when it has nothing to lose yet.
        is_clean = exit_code in {None, 0, -signal.SIGTERM}
        return self._collector.obituary() if was_running and not is_clean else None

    def _stop_archive(self) -> str | None:
        """Stop what stores; return what must be said if something was not stored."""
        lost = None
        if self._broker is not None and self._processor.is_running:
            log_end = LogEnd(self._bootstrap_servers, self._settings.kafka.topic)
            lost = wait_until_stored(log_end, self._status, self._signals)
        self._processor.stop(self._signals, hurry_after_seconds=_PROCESSOR_STOP_SECONDS)
        return lost

    def _stop_database(self) -> None:
        if self._database is None:
            return
        pid = self._database.pid
        stopping = threading.Thread(target=self._database.stop, name="database stop")
        stopping.start()
        patient_until = time.monotonic() + _DATABASE_STOP_SECONDS
        while stopping.is_alive():
            if pid is not None and self._signals.is_hurried and time.monotonic() > patient_until:
                # PostgreSQL's immediate shutdown; the next start repairs from its log.
                os.kill(pid, signal.SIGQUIT)
                pid = None
            stopping.join(_POLL_SECONDS)
