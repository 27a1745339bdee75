"""Kafka Connect in standalone mode, with one connector."""

import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import httpx

from standalone.child import spawn
from testkit.connect_install import jars_dir
from testkit.server import HOST, Server

_JAVA_OPTIONS = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")

_WORKER = """\
bootstrap.servers={bootstrap_servers}
listeners=HTTP://{host}:{port}
offset.storage.file.filename={folder}/offsets
offset.flush.interval.ms=1000
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
consumer.auto.offset.reset=earliest
"""


class Connect(Server):
    """A worker and its connector.

    Args:
        bootstrap_servers: The broker.
        connector: The properties of the connector.
    """

    def __init__(self, bootstrap_servers: str, connector: str) -> None:
        folder = Path(tempfile.mkdtemp(prefix="connect-"))
        super().__init__("Kafka Connect", folder, stop_signal=signal.SIGTERM)
        self._bootstrap_servers = bootstrap_servers
        self._connector = connector

    def _launch(self) -> subprocess.Popen[bytes]:
        worker, connector = self.folder / "worker.properties", self.folder / "sink.properties"
        worker.write_text(
            _WORKER.format(
                bootstrap_servers=self._bootstrap_servers,
                host=HOST,
                port=self.port,
                folder=self.folder,
            )
        )
        connector.write_text(self._connector)
        java = shutil.which("java") or "/usr/bin/java"
        main = "org.apache.kafka.connect.cli.ConnectStandalone"
        with self._log.open("ab") as output:
            return spawn(
                [java, *_JAVA_OPTIONS, "-cp", f"{jars_dir()}/*", main, str(worker), str(connector)],
                at_parent_death=signal.SIGKILL,
                cwd=self.folder,
                output=output,
            )

    def _is_ready(self) -> bool:
        try:
            return bool(httpx.get(f"http://{HOST}:{self.port}/connectors").json())
        except (httpx.HTTPError, ValueError):
            return False
