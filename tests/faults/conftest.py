"""The stage of the processor's fault tests."""

from collections.abc import Iterator

import pytest

from tests.support.kafka import Kafka
from tests.support.stage import Stage
from tests.support.timescale import Timescale


@pytest.fixture
def stage(kafka: Kafka, timescale: Timescale) -> Iterator[Stage]:
    """Give a fresh topic and a migrated, empty database on real parts."""
    with Stage(kafka, timescale) as stage:
        yield stage
