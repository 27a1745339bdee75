"""Ten times the load of the globe for an hour, while parts are broken at random."""

import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread

import pytest

from testkit.deployment import Deployment
from testkit.fault_seed import fault_seed
from testkit.pipeline import Pipeline
from testkit.process_resources import open_files, resident_kib, threads
from testkit.queries import fetch_value
from testkit.random_faults import RandomFaults
from testkit.services import Service
from testkit.sse_subscriber import StreamSubscriber
from testkit.trend import Trend, fit

SECONDS = int(os.environ.get("LOAD_SECONDS", "3600"))
AIRCRAFT = int(os.environ.get("LOAD_AIRCRAFT", "120000"))
INTERVAL_S = 10.0
"""The globe has about 12,000 aircraft, and OpenSky a new answer every 10 s for most accounts."""

PAUSE_S, ABSENCE_S = (15.0, 45.0), (5.0, 5.0)
CATCH_UP_S = 600.0
SAMPLE_S = 5.0

MOST_KIB_PER_POLL = 128.0
"""A byte for each state vector of a poll that is never freed."""

MORE_THREADS, MORE_FILES = 8, 32
"""What pools and connections that are made again may have more than at the beginning."""

MORE_OF_A_ROW = 1.25
"""How much more space a row may take at the end than in the middle: indexes of new parts."""

ROWS = "SELECT count(*) FROM state_vectors"
BYTES = "SELECT pg_database_size(current_database())"


@dataclass
class Usage:
    """What a process held at regular times, in order.

    Attributes:
        at: The times (monotonic seconds).
        kib: Memory that is not shared with files.
        threads: Threads.
        files: File descriptors.
    """

    at: list[float] = field(default_factory=list)
    kib: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    def sample(self, pid: int) -> None:
        """Add what it holds now."""
        self.at.append(time.monotonic())
        self.kib.append(resident_kib(pid))
        self.threads.append(threads(pid))
        self.files.append(open_files(pid))

    def kib_per_poll(self) -> Trend:
        """Return by how much its memory grows with each poll."""
        return fit([each / INTERVAL_S for each in self.at], self.kib)

    def __str__(self) -> str:
        return (
            f"{self.kib[0] / 1024:.0f} to {self.kib[-1] / 1024:.0f} MiB,"
            f" {self.kib_per_poll()} KiB a poll,"
            f" threads {self.threads[0]} to {max(self.threads)},"
            f" descriptors {self.files[0]} to {max(self.files)}"
        )


@contextmanager
def watched(*services: Service) -> Iterator[list[Usage]]:
    """Sample what the processes hold during the block."""
    has_ended, usages = Event(), [Usage() for _ in services]

    def sample() -> None:
        while not has_ended.wait(SAMPLE_S):
            for usage, service in zip(usages, services, strict=True):
                usage.sample(service.process.pid)

    thread = Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield usages
    finally:
        has_ended.set()
        thread.join()


def bytes_per_row(deployment: Deployment) -> float:
    """Return what the whole database takes for each state vector."""
    size, rows = (fetch_value(deployment.database_url, each) for each in (BYTES, ROWS))
    return int(size) / int(rows)


@pytest.mark.nightly
@pytest.mark.real_kafka
@pytest.mark.real_database
@pytest.mark.timeout(SECONDS + 2 * CATCH_UP_S)
def test_ten_times_the_load_with_faults(deployment: Deployment) -> None:
    """Nothing is lost or doubled, and in its second half no process grows.

    In the first half any part is killed, frozen or suspended; in the second half only broker and
    database, so that the services keep the processes whose memory is compared.
    """
    pipeline = Pipeline(deployment, aircraft=AIRCRAFT, interval_s=INTERVAL_S)
    faults = RandomFaults(
        pipeline, random.Random(fault_seed()), pause_s=PAUSE_S, absence_s=ABSENCE_S
    )
    began = time.monotonic()
    with StreamSubscriber(pipeline.processor.url) as subscriber:
        subscriber.wait_for_event("snapshot", timeout_s=60)
    faults.inject_until(began + SECONDS / 2, faults.of_servers | faults.of_services)
    deployment.wait_until_stored(CATCH_UP_S)
    space = bytes_per_row(deployment)
    with watched(pipeline.collector, pipeline.processor) as usages:
        faults.inject_until(began + SECONDS, faults.of_servers)
    with StreamSubscriber(pipeline.processor.url) as subscriber:
        subscriber.wait_for_event("update", timeout_s=CATCH_UP_S)
    assert pipeline.collector.stop() == 0
    deployment.wait_until_stored(CATCH_UP_S)
    print(*usages, f"{space:.0f} to {bytes_per_row(deployment):.0f} bytes a row", sep="\n")  # noqa: T201
    assert bytes_per_row(deployment) <= MORE_OF_A_ROW * space
    for usage in usages:
        assert usage.kib_per_poll().at_most <= MOST_KIB_PER_POLL
        assert max(usage.threads) <= usage.threads[0] + MORE_THREADS
        assert max(usage.files) <= usage.files[0] + MORE_FILES
    assert pipeline.processor.stop() == 0
    # The independent checker holds all messages in memory, and an hour of them has 40 million.
    audited = deployment.audit(kafka=True)
    print(audited.stdout)  # noqa: T201
    assert audited.returncode == 0, audited.stdout + audited.stderr
    rows = int(fetch_value(deployment.database_url, ROWS))
    assert rows >= AIRCRAFT * SECONDS / INTERVAL_S / 2
