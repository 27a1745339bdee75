"""The stage of the processor's fault tests."""

from collections.abc import Iterator

import pytest

from testkit.deployment import Deployment
from testkit.kafka import Kafka
from testkit.timescale import Timescale


@pytest.fixture
def deployment(kafka: Kafka, timescale: Timescale) -> Iterator[Deployment]:
    """Give a fresh topic and a migrated, empty database on real parts."""
    with Deployment(kafka, timescale) as deployment:
        yield deployment
