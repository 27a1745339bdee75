"""The broker's disk is full: it ends, and what it had acknowledged is there when it is back."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from testkit.deployment import Deployment
from testkit.kafka import Kafka
from testkit.pipeline import Pipeline
from testkit.small_disk import SmallDisk, small_disk
from testkit.timescale import Timescale
from testkit.waiting import wait_until

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database, pytest.mark.timeout(180)]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """Give a small disk."""
    with small_disk(tmp_path / "disk") as disk:
        yield disk


def test_full_disk_of_the_broker_loses_nothing(timescale: Timescale, disk: SmallDisk) -> None:
    """Collector and processor outlast it; once there is space and a broker again, all goes on."""
    with Kafka(disk.folder / "kafka") as kafka, Deployment(kafka, timescale) as deployment:
        pipeline = Pipeline(deployment, aircraft=800)
        deployment.wait_until_stored()
        pipeline.processor.wait_for_event("assigned")
        wait_until(lambda: len(pipeline.collector.events("polled")) > 2, timeout_s=30, what="polls")
        disk.fill()
        wait_until(lambda: not kafka.is_running, timeout_s=60, what=kafka.log_tail)
        pipeline.collector.wait_for_event("leadership_unknown")
        time.sleep(3)
        disk.relieve()
        kafka.start()
        polled = len(pipeline.collector.events("polled"))
        wait_until(
            lambda: len(pipeline.collector.events("polled")) > polled + 2,
            timeout_s=60,
            what=pipeline.collector.log_tail,
        )
        pipeline.check_alive()
        assert pipeline.collector.stop() == 0
        deployment.wait_until_stored()
        assert pipeline.processor.stop() == 0
        assert deployment.check().rows > 800
