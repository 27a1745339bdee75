"""A database that is away stops neither the stream nor the process; afterwards all is stored."""

import time

import httpx
import pytest

from testkit.deployment import Deployment
from testkit.pipeline import Pipeline
from testkit.sse_subscriber import StreamSubscriber

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database]

LONGEST_SILENCE_S = 6.0
MAX_GROWTH_BYTES = 100 * 2**20
CATCH_UP_TIMEOUT_S = 60.0


@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(15, marks=pytest.mark.timeout(120)),
        pytest.param(60, marks=[pytest.mark.nightly, pytest.mark.timeout(240)]),
    ],
)
def test_stream_goes_on_while_the_database_is_away(deployment: Deployment, seconds: int) -> None:
    """Updates keep coming, /health stays 200, memory is bounded; then the archive catches up."""
    pipeline = Pipeline(deployment)
    processor = pipeline.processor
    url = processor.url
    with StreamSubscriber(url) as subscriber:
        subscriber.wait_for_event("update")
        deployment.wait_until_stored()
        memory = processor.resident_bytes()
        deployment.timescale.stop()
        stopped_at = time.monotonic()
        while time.monotonic() < stopped_at + seconds:
            assert httpx.get(f"{url}/health").status_code == 200
            time.sleep(1)
        silence = subscriber.longest_silence_s(stopped_at, time.monotonic())
        growth = processor.resident_bytes() - memory
        deployment.timescale.start()
        assert silence < LONGEST_SILENCE_S
        assert subscriber.statuses == [200]
        assert "bye" not in subscriber.names
    assert growth < MAX_GROWTH_BYTES
    pipeline.check_alive()
    assert pipeline.collector.stop() == 0
    deployment.wait_until_stored(CATCH_UP_TIMEOUT_S)
    assert processor.stop() == 0
    assert deployment.check().rows > 0


def test_start_without_a_database_waits_for_it(deployment: Deployment) -> None:
    """Started before its database, it serves viewers, waits, and then stores everything."""
    deployment.timescale.stop()
    pipeline = Pipeline(deployment)
    with StreamSubscriber(pipeline.processor.url) as subscriber:
        subscriber.wait_for_event("update")
        deployment.timescale.start()
        deployment.wait_until_stored(CATCH_UP_TIMEOUT_S)
    pipeline.check_alive()
    assert pipeline.collector.stop() == 0
    deployment.wait_until_stored(CATCH_UP_TIMEOUT_S)
    assert pipeline.processor.stop() == 0
    assert deployment.check().rows > 0
