"""kill -9 of everything in turn, at random moments: nothing lost, nothing twice."""

import random

import pytest

from testkit.deployment import Deployment
from testkit.fault_seed import fault_seed
from testkit.pipeline import Pipeline
from testkit.random_faults import RandomFaults
from testkit.sse_subscriber import StreamSubscriber

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database]

PAUSE_S, ABSENCE_S = (0.2, 2.5), (0.0, 1.0)
CATCH_UP_TIMEOUT_S = 90.0


@pytest.mark.parametrize(
    "kills_of_each",
    [
        pytest.param(2, marks=pytest.mark.timeout(400)),
        pytest.param(60, marks=[pytest.mark.nightly, pytest.mark.timeout(3_600)]),
    ],
)
def test_kills_lose_and_repeat_nothing(deployment: Deployment, kills_of_each: int) -> None:
    """Every record below the high watermark is stored once or set aside; no row is invented."""
    pipeline = Pipeline(deployment, aircraft=800, interval_s=1.0)
    faults = RandomFaults(
        pipeline, random.Random(fault_seed()), pause_s=PAUSE_S, absence_s=ABSENCE_S
    )
    with StreamSubscriber(pipeline.processor.url) as subscriber:
        subscriber.wait_for_event("update")
    faults.inject_each(faults.kills, times=kills_of_each)
    with StreamSubscriber(pipeline.processor.url) as subscriber:
        subscriber.wait_for_event("update", timeout_s=60)
    pipeline.check_alive()
    assert pipeline.collector.stop() == 0
    deployment.wait_until_stored(CATCH_UP_TIMEOUT_S)
    assert pipeline.processor.stop() == 0
    account = deployment.check()
    print(f"{account}, {account.repeated} repeated")  # noqa: T201
    assert account.rows > 800
