"""A stage: a topic on real Kafka, a migrated database on TimescaleDB, services that use them."""

import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from processor.archive.audit.derived import Extent
from testkit import audit_log, producer
from testkit.audit_log import Account
from testkit.audit_run import AuditRun, run_audit
from testkit.fault_record import record_account, record_recovery
from testkit.kafka import Kafka
from testkit.migration import create_migrated_database
from testkit.producer import Outgoing
from testkit.queries import fetch
from testkit.services import Service, run_module
from testkit.timescale import Timescale
from testkit.waiting import wait_until

TIMEOUT_S = 30.0


class Deployment:
    """Everything that a test of the processor needs, torn down after it.

    The invented state vectors are older than the default retention, so nothing is dropped here.
    """

    def __init__(
        self,
        kafka: Kafka,
        timescale: Timescale,
        *,
        partitions: int = 4,
        replication_factor: int = 1,
        topic_config: Mapping[str, str] | None = None,
    ) -> None:
        self.kafka = kafka
        self.timescale = timescale
        self.partitions = partitions
        self._replication_factor = replication_factor
        self.topic = f"telemetry.raw.{secrets.token_hex(6)}"
        self.folder = Path(tempfile.mkdtemp(prefix="stage-"))
        self.database_url = ""
        self._topic_config = dict(topic_config or {})
        self._services: list[Service] = []

    def __enter__(self) -> Self:
        self.kafka.start()
        self.timescale.start()
        self.make_topic()
        self.database_url = create_migrated_database(self.timescale.dsn)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for service in self._services:
            service.end()
        # pytest shows it with a failure.
        print(*(service.log_tail() for service in self._services), sep="\n\n")  # noqa: T201
        self.timescale.start()
        self.timescale.drop_database(self.database_url)
        shutil.rmtree(self.folder)

    @property
    def environment(self) -> dict[str, str]:
        """The settings of every service here."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap_servers,
            "KAFKA_TOPIC": self.topic,
            "KAFKA_GROUP_ID": f"archive-{self.topic}",
            "KAFKA_PARTITIONS": str(self.partitions),
            "KAFKA_REPLICATION_FACTOR": str(self._replication_factor),
            "DATABASE_URL": self.database_url,
            "DATABASE_RETENTION_DAYS": "0",
            "ARCHIVE_SESSION_TIMEOUT_SECONDS": "6",
            "SSE_DRAIN_SECONDS": "0.5",
            "HTTP_PORT": "0",
        }

    def make_topic(self) -> None:
        """Create the topic, again after it was deleted."""
        topic = NewTopic(
            self.topic, self.partitions, self._replication_factor, config=self._topic_config
        )
        admin = self.admin()  # kept, because requests end with their client
        admin.create_topics([topic])[self.topic].result(TIMEOUT_S)

    def admin(self) -> AdminClient:
        """Give an admin client."""
        return AdminClient({"bootstrap.servers": self.kafka.bootstrap_servers, "log_level": 0})

    def service(self, module: str, *arguments: str, **settings: str) -> Service:
        """Start a service on this stage; settings are named as in the environment."""
        environment = self.environment | settings
        service = Service(module, *arguments, folder=self.folder, environment=environment)
        self._services.append(service)
        return service.start()

    def archive(self, **settings: str) -> Service:
        """Start an instance that stores."""
        return self.service("processor", "--role", "archive", **settings)

    def live(self, **settings: str) -> Service:
        """Start an instance that serves subscribers."""
        return self.service("processor", "--role", "live", **settings)

    def command(self, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        """Run `python -m processor` with a command and its options."""
        environment = self.environment | settings
        return run_module(["processor", *arguments], folder=self.folder, environment=environment)

    def publish(self, messages: Iterable[Outgoing]) -> None:
        """Publish messages and wait until they are acknowledged."""
        producer.publish(self.kafka.bootstrap_servers, self.topic, messages)

    def behind(self) -> dict[int, int]:
        """Return how many offsets each partition's stored position is behind the log."""
        rows = fetch(
            self.database_url,
            "SELECT partition, next_offset FROM ingest_offsets WHERE topic = $1",
            self.topic,
        )
        stored: dict[int, int] = dict(rows)
        marks = audit_log.read_watermarks(self.kafka.bootstrap_servers, self.topic)
        left = {number: high - stored.get(number, low) for number, (low, high) in marks.items()}
        return {number: count for number, count in left.items() if count}

    def wait_until_stored(self, timeout_s: float = TIMEOUT_S) -> float:
        """Wait until every message is stored, and return the seconds that it took."""
        took_s = wait_until(self._is_all_stored, timeout_s=timeout_s, what=self._not_stored)
        record_recovery(took_s)
        return took_s

    def _is_all_stored(self) -> bool:
        try:
            return not self.behind()
        except KafkaException:  # a broker that was suspended leads no partition for a moment
            return False

    def _not_stored(self) -> str:
        logs = "\n".join(service.log_tail(15) for service in self._services)
        return f"offsets behind by partition: {self.behind()}\n{logs}"

    def audit(self, *, kafka: bool = False, deep: Extent | None = None) -> AuditRun:
        """Have the archive prove what it has stored."""
        return run_audit(self.environment, kafka=kafka, deep=deep)

    def check(self) -> Account:
        """Have the archive prove itself, then account for every message independently."""
        done = self.audit()
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.startswith("audit clean"), done.stdout
        account = audit_log.check_log(self.kafka.bootstrap_servers, self.topic, self.database_url)
        record_account(account)
        return account
