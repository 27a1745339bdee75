"""A real Apache Kafka: one node, started, stopped and killed at will, its data kept."""

import base64
import shutil
import signal
import subprocess
import tempfile
import uuid
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from standalone.child import spawn
from standalone.database import free_port
from testkit.kafka_install import jars_dir
from testkit.server import HOST, Server

_METADATA_TIMEOUT_S = 2.0
_ADMIN_TIMEOUT_S = 10.0

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


class Kafka(Server):
    """One broker that is its own controller.

    Ports and data stay the same from construction to `remove()`, over any number of starts.
    `advertised_port` is where clients are sent after the first contact: give the port of a
    `TcpProxy` to have all their traffic pass through it.
    """

    def __init__(self, folder: Path | None = None, *, advertised_port: int | None = None) -> None:
        folder = folder or Path(tempfile.mkdtemp(prefix="kafka-"))
        super().__init__("Kafka", folder, stop_signal=signal.SIGTERM)
        self.advertised_port = advertised_port or self.port
        self._controller_port = free_port()
        self._properties = self.folder / "server.properties"
        self._data = self.folder / "data"

    @property
    def bootstrap_servers(self) -> str:
        """The address for clients."""
        return f"{HOST}:{self.advertised_port}"

    def create_topic(self, name: str, partitions: int = 12) -> None:
        """Create a topic and wait until clients see it."""
        client = AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0})
        client.create_topics([NewTopic(name, partitions, 1)])[name].result(_ADMIN_TIMEOUT_S)

    def topic_bytes(self, name: str) -> int:
        """Return the size of all segments of a topic, without their indexes."""
        return sum(file.stat().st_size for file in self._data.glob(f"{name}-*/*.log"))

    def _launch(self) -> subprocess.Popen[bytes]:
        if not self._properties.exists():
            self._format()
        return self._java("kafka.Kafka", str(self._properties))

    def _is_ready(self) -> bool:
        # Asked at its own port: a proxy before it may be cut just now.
        client = AdminClient({"bootstrap.servers": f"{HOST}:{self.port}", "log_level": 0})
        try:
            return bool(client.list_topics(timeout=_METADATA_TIMEOUT_S).brokers)
        except KafkaException:
            return False

    def _more_properties(self) -> str:
        """Return what a kind of broker adds; of a property that is named twice the last counts."""
        return ""

    def _more_java_options(self) -> tuple[str, ...]:
        """Return what a kind of broker adds to the options of Java."""
        return ()

    def _identity(self) -> list[str]:
        """Return the options that say which cluster the broker is of: one of its own."""
        # With "=", because an id may begin with a dash.
        return ["--standalone", f"--cluster-id={new_cluster_id()}"]

    def _format(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._properties.write_text(
            _SERVER_PROPERTIES.format(
                host=HOST,
                port=self.port,
                advertised_port=self.advertised_port,
                controller_port=self._controller_port,
                data=self._data,
            )
            + self._more_properties()
        )
        arguments = ["format", *self._identity(), "--config", str(self._properties)]
        tool = self._java("kafka.tools.StorageTool", *arguments)
        if tool.wait() != 0:
            self._properties.unlink()
            raise self._failure(f"could not format {self._data}")

    def _java(self, main_class: str, *arguments: str) -> subprocess.Popen[bytes]:
        java = shutil.which("java") or "/usr/bin/java"
        options = (*_JAVA_OPTIONS, *self._more_java_options())
        with self._log.open("ab") as output:
            return spawn(
                [java, *options, "-cp", f"{jars_dir()}/*", main_class, *arguments],
                at_parent_death=signal.SIGKILL,
                cwd=self.folder,
                output=output,
            )


def new_cluster_id() -> str:
    """Return an id that no other cluster has."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
