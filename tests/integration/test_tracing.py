"""One trace from the poll to the commit and the first frame, through real Kafka."""

import pytest

from testkit.deployment import Deployment
from testkit.otlp_collector import OtlpCollector
from testkit.pipeline import Pipeline
from testkit.sse_subscriber import StreamSubscriber
from testkit.waiting import wait_until

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database, pytest.mark.timeout(120)]

NAMES = ("poll", "request", "publish", "commit", "first_frame")


def test_a_trace_leads_from_the_poll_to_commit_and_first_frame(deployment: Deployment) -> None:
    with OtlpCollector() as otlp:
        pipeline = Pipeline(
            deployment, aircraft=50, TRACING_ENABLED="true", TRACING_ENDPOINT=otlp.endpoint
        )
        with StreamSubscriber(pipeline.processor.url):
            wait_until(
                lambda: bool(otlp.whole_traces(*NAMES)),
                timeout_s=40,
                what=lambda: (
                    f"a trace with spans of all names in {[span.name for span in otlp.spans]}\n"
                    f"{pipeline.collector.log_tail()}\n{pipeline.processor.log_tail()}"
                ),
            )
        assert (pipeline.collector.stop(), pipeline.processor.stop()) == (0, 0)
    trace = {span.name: span for span in otlp.whole_traces(*NAMES)[0]}
    poll, publish = trace["poll"], trace["publish"]
    assert poll.parent_id == ""
    parents = {name: span.parent_id for name, span in trace.items()}
    assert parents["request"] == parents["publish"] == poll.span_id
    assert parents["commit"] == parents["first_frame"] == publish.span_id
    assert {name: span.service for name, span in trace.items()} == {
        **dict.fromkeys(NAMES[:3], "flight-monitor-collector"),
        **dict.fromkeys(NAMES[3:], "flight-monitor-processor"),
    }
    assert trace["commit"].ended_at > publish.began_at
    assert trace["commit"].attributes["messaging.destination.name"] == deployment.topic
    commits = [span for span in otlp.whole_traces(*NAMES)[0] if span.name == "commit"]
    stored = sum(int(span.attributes["flightmonitor.rows"]) for span in commits)
    assert stored > 0
    assert stored == publish.attributes["flightmonitor.rows"]
