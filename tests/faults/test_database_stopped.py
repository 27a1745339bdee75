"""A database that is away stops neither the stream nor the process; afterwards all is stored."""

import time

import httpx
import pytest

from tests.support.pipeline import Pipeline
from tests.support.sse_viewer import StreamViewer
from tests.support.stage import Stage

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
def test_stream_goes_on_while_the_database_is_away(stage: Stage, seconds: int) -> None:
    """Updates keep coming, /health stays 200, memory is bounded; then the archive catches up."""
    pipeline = Pipeline(stage)
    processor = pipeline.processor
    url = processor.url
    with StreamViewer(url) as viewer:
        viewer.wait_for_event("update")
        stage.wait_until_stored()
        memory = processor.resident_bytes()
        stage.timescale.stop()
        stopped_at = time.monotonic()
        while time.monotonic() < stopped_at + seconds:
            assert httpx.get(f"{url}/health").status_code == 200
            time.sleep(1)
        silence = viewer.longest_silence_s(stopped_at, time.monotonic())
        growth = processor.resident_bytes() - memory
        stage.timescale.start()
        assert silence < LONGEST_SILENCE_S
        assert viewer.statuses == [200]
        assert "bye" not in viewer.names
    assert growth < MAX_GROWTH_BYTES
    pipeline.check_alive()
    assert pipeline.collector.stop() == 0
    stage.wait_until_stored(CATCH_UP_TIMEOUT_S)
    assert processor.stop() == 0
    assert stage.check().rows > 0


def test_start_without_a_database_waits_for_it(stage: Stage) -> None:
    """Started before its database, it serves viewers, waits, and then stores everything."""
    stage.timescale.stop()
    pipeline = Pipeline(stage)
    with StreamViewer(pipeline.processor.url) as viewer:
        viewer.wait_for_event("update")
        stage.timescale.start()
        stage.wait_until_stored(CATCH_UP_TIMEOUT_S)
    pipeline.check_alive()
    assert pipeline.collector.stop() == 0
    stage.wait_until_stored(CATCH_UP_TIMEOUT_S)
    assert pipeline.processor.stop() == 0
    assert stage.check().rows > 0
