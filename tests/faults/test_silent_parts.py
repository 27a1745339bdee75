"""A part that answers nothing is noticed although nothing fails: silence is no sign of health."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from testkit.deployment import Deployment
from testkit.operations import is_ready, metric, readiness, reasons
from testkit.producer import as_messages, vectors
from testkit.services import Service
from testkit.tcp_proxy import TcpProxy
from testkit.waiting import wait_until

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database, pytest.mark.timeout(180)]

NOTICED_S = 20.0
RECOVERED_S = 60.0


@pytest.fixture
def proxy(deployment: Deployment) -> Iterator[TcpProxy]:
    """Give a way to the stage's database."""
    with TcpProxy(deployment.timescale.port) as proxy:
        yield proxy


def wait_until_ready(*processors: Service) -> None:
    """Wait until every check of all of them holds."""
    wait_until(
        lambda: all(map(is_ready, processors)),
        timeout_s=RECOVERED_S,
        what=lambda: f"ready: {[readiness(each) for each in processors]}",
    )


def test_frozen_broker_is_noticed_by_both_halves(deployment: Deployment) -> None:
    """On an idle topic too, where nothing is read or stored anyhow; ready again once it answers."""
    archive, live, both = deployment.archive(), deployment.live(), deployment.service("processor")
    deployment.publish(as_messages(vectors(200)))
    deployment.wait_until_stored()
    wait_until_ready(archive, live, both)
    with deployment.kafka.frozen():
        wait_until(
            lambda: [readiness(each)[0] for each in (archive, live, both)] == [503] * 3,
            timeout_s=NOTICED_S,
            what=lambda: f"503: {[readiness(each) for each in (archive, live, both)]}",
        )
        assert "Kafka has not answered for" in reasons(archive)["archive_kafka"]
        assert "Kafka has not answered for" in reasons(live)["live_kafka"]
        assert {"archive_kafka", "live_kafka"} <= reasons(both).keys()
        for processor, name in ((archive, "ingest"), (live, "live")):
            age = metric(processor, f"{name}_lag_age_seconds")
            assert age is not None
            assert age > 10
    deployment.publish(as_messages(vectors(200, first=1_000)))
    deployment.wait_until_stored(RECOVERED_S)
    wait_until_ready(archive, live, both)
    assert [each.stop() for each in (archive, live, both)] == [0, 0, 0]


def test_lag_is_counted_while_the_database_is_away(deployment: Deployment) -> None:
    """What waits in the log is seen, fetched or not, paused or not; and gone once it is stored."""
    archive = deployment.archive(ARCHIVE_PAUSE_AFTER_SECONDS="1", ARCHIVE_MAX_BATCH_MESSAGES="500")
    deployment.publish(as_messages(vectors(500)))
    deployment.wait_until_stored()
    deployment.timescale.stop()
    deployment.publish(as_messages(vectors(6_000, first=1_000)))
    archive.wait_for_event("paused_for_database")
    deployment.publish(as_messages(vectors(13_000, aircraft=500, first=10_000)))
    wait_until(
        lambda: metric(archive, "flightmonitor_archive_lag_messages") == 19_000,
        timeout_s=NOTICED_S,
        what=lambda: f"a lag of 19,000: {metric(archive, 'flightmonitor_archive_lag_messages')}",
    )
    assert "database" in reasons(archive)
    assert metric(archive, "flightmonitor_archive_database_up") == 0
    assert metric(archive, "flightmonitor_archive_paused") == 1
    assert (metric(archive, "flightmonitor_archive_database_retries_total") or 0) > 0
    deployment.timescale.start()
    deployment.wait_until_stored(RECOVERED_S)
    wait_until(
        lambda: metric(archive, "flightmonitor_archive_lag_messages") == 0,
        timeout_s=NOTICED_S,
        what="no lag",
    )
    assert metric(archive, "flightmonitor_archive_database_up") == 1
    assert metric(archive, "flightmonitor_archive_paused") == 0
    assert metric(archive, "flightmonitor_archive_delay_seconds_count") == 19_500
    assert archive.stop() == 0


def test_database_that_answers_nothing_is_noticed_by_an_idle_archive(
    deployment: Deployment, proxy: TcpProxy
) -> None:
    """No batch would find it out; after an answer the archive is ready again."""
    user = urlsplit(deployment.database_url).username
    way = urlsplit(deployment.database_url)._replace(netloc=f"{user}@127.0.0.1:{proxy.port}")
    archive = deployment.archive(DATABASE_URL=way.geturl(), DATABASE_STATEMENT_TIMEOUT_SECONDS="10")
    wait_until_ready(archive)
    proxy.stall()
    wait_until(
        lambda: readiness(archive)[0] == 503,
        timeout_s=2 * NOTICED_S,
        what=lambda: f"503: {readiness(archive)}",
    )
    assert "database" in reasons(archive)
    proxy.restore()
    wait_until_ready(archive)
    assert archive.stop() == 0
