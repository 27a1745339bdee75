"""A database URL of two hosts: the primary is killed, its replica promoted, storing goes on."""

import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from processor.postgres import connect
from testkit.deployment import Deployment
from testkit.kafka import Kafka
from testkit.producer import as_messages, vectors
from testkit.queries import fetch_value
from testkit.replica import Replica
from testkit.server import HOST
from testkit.state_vectors import START
from testkit.timescale import Timescale
from testkit.waiting import wait_until

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database]

FLEET = 100
COUNT = "SELECT count(*) FROM state_vectors"
RESUMED_SECONDS = 15.0
"""Bound of the time from the promotion to the next commit."""


@pytest.fixture(scope="module")
def primary() -> Iterator[Timescale]:
    """Give a server of this file's own, which is killed."""
    with Timescale(fsync=False) as server:
        yield server


def with_hosts(url: str, *ports: int) -> str:
    """Return the address of a database on these ports; the one that takes writes is used."""
    hosts = ",".join(f"{HOST}:{port}" for port in ports)
    parts = urlsplit(url)._replace(netloc=f"postgres@{hosts}")
    return f"{parts.geturl()}?target_session_attrs=read-write"


@pytest.mark.nightly
@pytest.mark.timeout(240)
def test_storing_goes_on_at_a_promoted_replica(kafka: Kafka, primary: Timescale) -> None:
    """Commits that the replica does not have are stored again: their offsets are gone with them."""
    with Deployment(kafka, primary) as deployment, Replica(primary) as replica:
        url = with_hosts(deployment.database_url, primary.port, replica.port)
        promoted = with_hosts(deployment.database_url, replica.port)
        service = deployment.service("processor", DATABASE_URL=url)
        deployment.publish(as_messages(vectors(FLEET)))
        deployment.wait_until_stored()
        wait_until(lambda: not replica.is_behind(), timeout_s=20, what="the replica has all")

        replica.stop_following()
        deployment.publish(as_messages(vectors(FLEET, first=FLEET)))
        deployment.wait_until_stored()
        primary.kill()
        assert fetch_value(promoted.partition("?")[0], COUNT) == FLEET
        deployment.publish(as_messages(vectors(FLEET, first=2 * FLEET)))
        service.wait_for_event("database_does_not_answer")
        replica.promote()
        start = time.monotonic()
        wait_until(
            lambda: fetch_value(promoted, COUNT) == 3 * FLEET, timeout_s=60, what=service.log_tail
        )
        assert time.monotonic() - start < RESUMED_SECONDS

        window = {"from": START - 60, "to": START + 60}
        history = httpx.get(f"{service.url}/api/flights/000000/track", params=window)
        live = httpx.get(f"{service.url}/ready")
        assert (history.status_code, live.status_code) == (200, 200), history.text + live.text
        assert service.stop() == 0
        audited = deployment.command("audit", "--deep", "--kafka", DATABASE_URL=url)
        assert audited.stdout.startswith("audit clean"), audited.stdout + audited.stderr


async def test_a_host_that_does_not_answer_leaves_time_for_the_next(timescale: Timescale) -> None:
    """A machine that is switched off refuses nothing: the timeout is for each host."""
    timescale.start()
    with socket.create_server((HOST, 0)) as silent:
        url = with_hosts(timescale.dsn, silent.getsockname()[1], timescale.port)
        connection = await connect(url, timeout_seconds=0.5, settings={})
    assert await connection.fetchval("SELECT 1") == 1
    await connection.close()
