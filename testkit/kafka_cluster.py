"""A real Apache Kafka of three brokers, each of which can be restarted while the others serve."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from confluent_kafka.admin import AdminClient

from testkit.kafka import Kafka, new_cluster_id
from testkit.server import HOST
from testkit.waiting import wait_until

BROKERS = 3
_METADATA_TIMEOUT_S = 5.0
_IN_SYNC_TIMEOUT_S = 60.0

# A broker's session is longer than that of a single one: three on a busy machine may pause.
_PROPERTIES = """\
node.id={node_id}
controller.quorum.bootstrap.servers=
controller.quorum.voters={voters}
broker.session.timeout.ms={session_ms}
offsets.topic.replication.factor={brokers}
min.insync.replicas=2
default.replication.factor={brokers}
"""


class _Broker(Kafka):
    """One of the brokers; each is a controller too."""

    def __init__(self, node_id: int, cluster_id: str, session_ms: int) -> None:
        super().__init__()
        self.node_id = node_id
        self._session_ms = session_ms
        self.cluster_id = cluster_id
        self.voters = ""
        self.addresses = ""

    @property
    def bootstrap_servers(self) -> str:
        """The addresses of all brokers, so that clients do without this one."""
        return self.addresses

    @property
    def voter(self) -> str:
        """Return how the others reach its controller."""
        return f"{self.node_id}@{HOST}:{self._controller_port}"

    def _more_properties(self) -> str:
        return _PROPERTIES.format(
            node_id=self.node_id,
            voters=self.voters,
            brokers=BROKERS,
            session_ms=self._session_ms,
        )

    def _identity(self) -> list[str]:
        return [f"--cluster-id={self.cluster_id}"]


class KafkaCluster:
    """Three brokers with a quorum of three controllers; topics are copied to all of them.

    Args:
        session_ms: After this silence of a broker, others take over what it leads.
    """

    def __init__(self, *, session_ms: int = 3_000) -> None:
        cluster_id = new_cluster_id()
        numbers = range(1, BROKERS + 1)
        self.brokers = [_Broker(number, cluster_id, session_ms) for number in numbers]
        for broker in self.brokers:
            broker.voters = ",".join(each.voter for each in self.brokers)
        self.advertise(self.brokers)

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

    def start(self) -> None:
        """Start all at the same time: none answers before two are there."""
        with ThreadPoolExecutor(BROKERS) as threads:
            list(threads.map(_Broker.start, self.brokers))

    def advertise(self, some: Iterable[_Broker]) -> None:
        """Give clients the addresses of these brokers to begin with."""
        addresses = ",".join(f"{HOST}:{each.port}" for each in some)
        for broker in self.brokers:
            broker.addresses = addresses

    def wait_until_in_sync(self) -> None:
        """Wait until every partition has all its copies, so that another broker may stop."""
        admin = AdminClient(
            {"bootstrap.servers": self.brokers[0].bootstrap_servers, "log_level": 0}
        )
        wait_until(
            lambda: _is_in_sync(admin), timeout_s=_IN_SYNC_TIMEOUT_S, what="all copies in sync"
        )

    def remove(self) -> None:
        """End all and delete their data."""
        for broker in self.brokers:
            broker.remove()


def _is_in_sync(admin: AdminClient) -> bool:
    metadata = admin.list_topics(timeout=_METADATA_TIMEOUT_S)
    return len(metadata.brokers) == BROKERS and all(
        len(partition.isrs) == len(partition.replicas) and partition.leader >= 0
        for topic in metadata.topics.values()
        for partition in topic.partitions.values()
    )
