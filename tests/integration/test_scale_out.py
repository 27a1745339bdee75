"""Several instances of every part on three brokers, restarted one after another under load."""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from confluent_kafka.cimpl import NewPartitions

from processor.archive.audit.derived import Extent
from simulator.server import TOKEN_PATH
from standalone.database import free_port
from testkit.deployment import Deployment
from testkit.fault_record import record_faults
from testkit.kafka_cluster import BROKERS, KafkaCluster
from testkit.operations import is_ready
from testkit.pipeline import ENOUGH_CREDITS
from testkit.returning_subscriber import ReturningSubscriber
from testkit.reverse_proxy import ReverseProxy
from testkit.services import Service
from testkit.timescale import Timescale
from testkit.waiting import wait_until

pytestmark = [
    pytest.mark.real_kafka,
    pytest.mark.real_database,
    pytest.mark.real_proxies,
    pytest.mark.alone,
]

ARCHIVES, LIVES, COLLECTORS, SUBSCRIBERS = 3, 2, 2, 6
AIRCRAFT = 400
PARTITIONS = 6
POLL_S = 1.0

MOST_SILENCE_S = 4.0
"""No subscriber may wait longer for an event; polls come each second."""

PATIENCE_S = 60.0

Fleet = dict[str, dict[str, Any]]


class Site:
    """Brokers, services, HAProxy and subscribers; everything runs when it is made."""

    def __init__(self, deployment: Deployment, cluster: KafkaCluster, stack: ExitStack) -> None:
        self.deployment = deployment
        self.cluster = cluster
        port = free_port()
        deployment.service(
            "simulator",
            *("--port", str(port), "--aircraft", str(AIRCRAFT), "--interval", str(POLL_S)),
            *("--credits", ENOUGH_CREDITS),
        )
        self._opensky = f"http://127.0.0.1:{port}"
        self.collectors = [self._collector() for _ in range(COLLECTORS)]
        ports = (free_port(), free_port())
        self.lives = [
            deployment.live(HTTP_PORT=str(port), HTTP_TRUSTED_PROXIES="127.0.0.1") for port in ports
        ]
        self.archives = [deployment.archive() for _ in range(ARCHIVES)]
        for live in self.lives:
            live.wait_for_event("live_state_complete", PATIENCE_S)
        proxy = stack.enter_context(ReverseProxy("haproxy", ports))
        trust = ssl.create_default_context(cafile=str(proxy.certificate))
        self.subscribers = [
            stack.enter_context(ReturningSubscriber(proxy.url, trust=trust))
            for _ in range(SUBSCRIBERS)
        ]
        self.wait_for_updates(3)

    def _collector(self) -> Service:
        return self.deployment.service(
            "collector",
            OPENSKY_API_URL=f"{self._opensky}/api",
            OPENSKY_TOKEN_URL=f"{self._opensky}{TOKEN_PATH}",
            OPENSKY_CLIENT_ID="simulator",
            OPENSKY_CLIENT_SECRET="simulator",  # noqa: S106 - the simulator's
            OPENSKY_MIN_POLL_INTERVAL_SECONDS=str(POLL_S),
            OPENSKY_CREDITS_PER_DAY=ENOUGH_CREDITS,
        )

    def wait_for_updates(self, count: int) -> None:
        """Wait until every subscriber has received so many more events that change the fleet."""
        before = [len(each.update_times) for each in self.subscribers]
        wait_until(
            lambda: all(
                len(each.update_times) >= n + count
                for each, n in zip(self.subscribers, before, strict=True)
            ),
            timeout_s=PATIENCE_S,
            what=lambda: str([(each.names[-5:], each.statuses) for each in self.subscribers]),
        )

    def restart(self, service: Service) -> None:
        """Restart a service as a rolling upgrade does, and wait until it works again."""
        record_faults()
        assert service.stop() == 0, service.log_tail()
        service.start()
        if service in self.lives:
            wait_until(lambda: is_ready(service), timeout_s=PATIENCE_S, what=service.log_tail)
        elif service in self.archives:
            service.wait_for_event("assigned", PATIENCE_S)
        else:
            wait_until(
                lambda: bool(service.events("standing_by") or service.events("started")),
                timeout_s=PATIENCE_S,
                what=service.log_tail,
            )
        self.wait_for_updates(2)

    def restart_broker(self, number: int) -> None:
        """Restart a broker once the others have everything that it has."""
        self.cluster.wait_until_in_sync()
        self.cluster.brokers[number].restart()
        self.cluster.wait_until_in_sync()
        self.wait_for_updates(2)

    def add_partitions(self) -> None:
        """Add some, and wait until the live instances read them."""
        topic, admin = self.deployment.topic, self.deployment.admin()
        admin.create_partitions([NewPartitions(topic, PARTITIONS + 3)])[topic].result(20)
        for live in self.lives:
            live.wait_for_event("partitions_added", PATIENCE_S)
        self.wait_for_updates(2)

    def check(self) -> None:
        """End the load, and compare everything that was stored, is served and was received."""
        for collector in self.collectors:
            assert collector.stop() == 0, collector.log_tail()
        self.deployment.wait_until_stored(PATIENCE_S)
        self._check_skies()
        account = self.deployment.check()
        # A collector that could not read the whole tail in time says so; it may publish some twice.
        has_unread = any(
            each.events("tail_incomplete", of_all_starts=True) for each in self.collectors
        )
        assert account.dead_letters == 0
        assert account.repeated == 0 or has_unread, [each.log_tail() for each in self.collectors]
        deep = self.deployment.audit(deep=Extent.ALL)
        assert deep.returncode == 0, deep.stdout + deep.stderr
        self._check_subscribers()

    def _check_skies(self) -> None:
        """Compare what both instances serve and all subscribers hold, aircraft by aircraft."""

        def are_equal() -> bool:
            first, second = (_served(live) for live in self.lives)
            held = [dict(each.subscriber.fleet) for each in self.subscribers]
            return len(first) > AIRCRAFT / 2 and all(each == first for each in (second, *held))

        wait_until(are_equal, timeout_s=PATIENCE_S, what="the same sky everywhere")

    def _check_subscribers(self) -> None:
        for each in self.subscribers:
            assert each.names.count("snapshot") == 1
            assert "reset" not in each.names
            assert each.longest_silence_s() < MOST_SILENCE_S
            assert each.resumed >= 1  # both live instances were restarted


def _served(live: Service) -> Fleet:
    """Return what an instance serves to a client without a stream."""
    answer = httpx.get(f"{live.url}/api/flights", timeout=PATIENCE_S).json()
    return {state["icao24"]: state for state in answer["states"]}


@pytest.fixture(scope="module")
def cluster() -> Iterator[KafkaCluster]:
    """Three brokers for this file."""
    with KafkaCluster() as cluster:
        yield cluster


@pytest.fixture
def site(cluster: KafkaCluster, timescale: Timescale) -> Iterator[Site]:
    """Give everything, under load."""
    safe = {"min.insync.replicas": "2"}
    deployment = Deployment(
        cluster.brokers[0],
        timescale,
        partitions=PARTITIONS,
        replication_factor=BROKERS,
        topic_config=safe,
    )
    with deployment, ExitStack() as stack:
        yield Site(deployment, cluster, stack)


@pytest.mark.timeout(240)
def test_one_instance_of_each_part_is_restarted(site: Site) -> None:
    """Nothing is lost or stored twice, every client continues, and all see the same sky."""
    site.restart(site.lives[0])
    site.restart(site.lives[1])
    site.restart(site.collectors[0])
    site.restart(site.archives[0])
    site.restart_broker(0)
    site.check()


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_everything_is_restarted_and_partitions_are_added(site: Site) -> None:
    """One after another: each live instance, archive, collector and broker."""
    for service in (*site.lives, *site.archives, *site.collectors):
        site.restart(service)
    for number in range(BROKERS):
        site.restart_broker(number)
    site.add_partitions()
    for service in (*site.collectors, *site.archives, *site.lives):
        site.restart(service)
    site.check()
