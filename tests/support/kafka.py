"""A real Apache Kafka: one node, started, stopped and killed at will, its data kept."""

import base64
import collections
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from standalone.child import spawn
from standalone.database import free_port
from tests.support.kafka_install import jars_dir

_HOST = "127.0.0.1"
_START_TIMEOUT_S = 50.0
_STOP_TIMEOUT_S = 20.0
_METADATA_TIMEOUT_S = 2.0
_ADMIN_TIMEOUT_S = 10.0
_LOG_TAIL_LINES = 30

# Quick to start and small, rather than fast under load. The broker's session is short because
# after a kill it may register again only when the session of before has ended.
_JAVA_OPTIONS = (
    *("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC"),
    *("-XX:TieredStopAtLevel=1", "-Xshare:auto"),
    "-Dorg.apache.logging.log4j.level=INFO",
)

_SERVER_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers={host}:{controller_port}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{advertised_port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
broker.session.timeout.ms=1000
broker.heartbeat.interval.ms=250
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
num.network.threads=2
num.io.threads=2
background.threads=2
log.cleaner.dedupe.buffer.size=16777216
"""


class KafkaFailedError(Exception):
    """Kafka ended or was not ready in time; the message has the end of its log."""


class Kafka:
    """One broker that is its own controller.

    Ports and data stay the same from construction to `remove()`, over any number of starts.
    `advertised_port` is where clients are sent after the first contact: give the port of a
    `TcpProxy` to have all their traffic pass through it.
    """

    def __init__(self, folder: Path | None = None, *, advertised_port: int | None = None) -> None:
        self.folder = folder or Path(tempfile.mkdtemp(prefix="kafka-"))
        self.port = free_port()
        self.advertised_port = advertised_port or self.port
        self._controller_port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._properties = self.folder / "server.properties"
        self._data = self.folder / "data"
        self._log = self.folder / "kafka.log"

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.remove()

    @property
    def bootstrap_servers(self) -> str:
        """The address for clients."""
        return f"{_HOST}:{self.advertised_port}"

    @property
    def is_running(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, on the data of before, and wait until it answers.

        Raises:
            KafkaFailedError: it ended, or did not answer in time.
        """
        if self.is_running:
            return
        if not self._properties.exists():
            self._format()
        self._process = self._java("kafka.Kafka", str(self._properties))
        self._wait_until_ready(self._process)

    def stop(self) -> None:
        """End it as an operator does, with SIGTERM."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash does, with SIGKILL."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop it, unless it is dead, and start it on the same data and port."""
        self.stop()
        self.start()

    def remove(self) -> None:
        """End it and delete its data."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def create_topic(self, name: str, partitions: int = 12) -> None:
        """Create a topic and wait until clients see it."""
        client = AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0})
        client.create_topics([NewTopic(name, partitions, 1)])[name].result(_ADMIN_TIMEOUT_S)

    def log_tail(self, lines: int = _LOG_TAIL_LINES) -> str:
        """The last lines of its log, over all starts."""
        if not self._log.exists():
            return ""
        with self._log.open(errors="replace") as log:
            return "".join(collections.deque(log, lines))

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _format(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._properties.write_text(
            _SERVER_PROPERTIES.format(
                host=_HOST,
                port=self.port,
                advertised_port=self.advertised_port,
                controller_port=self._controller_port,
                data=self._data,
            )
        )
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # With "=", because an id may begin with a dash.
        arguments = ["format", "--standalone", f"--cluster-id={cluster_id}", "--config"]
        tool = self._java("kafka.tools.StorageTool", *arguments, str(self._properties))
        if tool.wait() != 0:
            self._properties.unlink()
            raise KafkaFailedError(f"Kafka could not format {self._data}:\n{self.log_tail()}")

    def _java(self, main_class: str, *arguments: str) -> subprocess.Popen[bytes]:
        java = shutil.which("java") or "/usr/bin/java"
        with self._log.open("ab") as output:
            return spawn(
                [java, *_JAVA_OPTIONS, "-cp", f"{jars_dir()}/*", main_class, *arguments],
                at_parent_death=signal.SIGKILL,
                cwd=self.folder,
                output=output,
            )

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        # Asked at its own port: a proxy before it may be cut just now.
        client = AdminClient({"bootstrap.servers": f"{_HOST}:{self.port}", "log_level": 0})
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not _has_broker(client):
            if process.poll() is not None:
                raise KafkaFailedError(f"Kafka ended while starting:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                self.kill()
                raise KafkaFailedError(
                    f"Kafka did not answer within {_START_TIMEOUT_S:.0f} s:\n{self.log_tail()}"
                )


def _has_broker(client: AdminClient) -> bool:
    try:
        return bool(client.list_topics(timeout=_METADATA_TIMEOUT_S).brokers)
    except KafkaException:
        return False
