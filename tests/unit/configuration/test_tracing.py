"""Spans continue the trace of a message's header, and nothing is recorded unless switched on."""

import time
from collections.abc import Iterator

import pytest

from configuration import tracing
from configuration.errors import SettingsError
from configuration.open_telemetry import CLOSE_SECONDS
from configuration.shared_sections import SecuritySettings, TracingSettings
from configuration.tracing import NO_TRACING, Tracing, open_tracing
from configuration.transport_security import check_plaintext, find_plaintext_tracing
from testkit.otlp_collector import OtlpCollector

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
RECORDED = f"00-{TRACE}-{SPAN}-01".encode()


@pytest.fixture
def otlp() -> Iterator[OtlpCollector]:
    with OtlpCollector() as otlp:
        yield otlp


def opened(otlp: OtlpCollector, *, sample_ratio: float = 1.0) -> Tracing:
    settings = TracingSettings(enabled=True, endpoint=otlp.endpoint, sample_ratio=sample_ratio)
    return open_tracing(settings, "flight-monitor-processor")


def test_a_span_is_recorded_in_the_trace_of_each_poll(otlp: OtlpCollector) -> None:
    tracing = opened(otlp)
    other = RECORDED.replace(b"4bf9", b"aaaa")
    tracing.record("commit", [RECORDED, other], seconds=2.0, attributes={"flightmonitor.rows": 3})
    tracing.close()
    found = {(span.trace_id, span.parent_id) for span in otlp.spans}
    assert found == {(TRACE, SPAN), (TRACE.replace("4bf9", "aaaa"), SPAN)}
    for span in otlp.spans:
        assert (span.name, span.service) == ("commit", "flight-monitor-processor")
        assert span.ended_at - span.began_at == pytest.approx(2.0)
        assert span.attributes == {"flightmonitor.rows": 3}


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"nonsense",
        RECORDED + b"-more",
        RECORDED * 100_000,
        b"\xff" * 55,
        RECORDED.replace(b"4b", b"xx"),
        f"00-{'0' * 32}-{SPAN}-01".encode(),
        f"00-{TRACE}-{'0' * 16}-01".encode(),
        f"ff-{TRACE}-{SPAN}-01".encode(),
        f"00-{TRACE}-{SPAN}-00".encode(),
    ],
    ids=lambda header: header[:60].decode(errors="replace"),
)
def test_headers_that_are_malformed_or_not_recorded_are_ignored(
    otlp: OtlpCollector, header: bytes
) -> None:
    tracing = opened(otlp)
    tracing.record("commit", [header], seconds=0.0, attributes={})
    tracing.close()
    assert otlp.spans == []


def test_polls_that_are_not_sampled_say_so_in_their_header(otlp: OtlpCollector) -> None:
    tracing = opened(otlp, sample_ratio=0)
    with tracing.span("poll"), tracing.span("publish"):
        flags = int(tracing.traceparent().rpartition("-")[2], 16)
        assert not flags & 1
    tracing.close()
    assert otlp.spans == []


def test_without_tracing_each_answer_has_an_id_that_nothing_recorded() -> None:
    assert open_tracing(TracingSettings(), "flight-monitor-collector") is NO_TRACING
    with NO_TRACING.span("poll"):
        headers = {NO_TRACING.traceparent() for _ in range(2)}
    assert len(headers) == 2
    assert all(len(each) == len(RECORDED) and each.endswith("-00") for each in headers)


def test_an_endpoint_that_does_not_answer_delays_no_stop() -> None:
    settings = TracingSettings(enabled=True, endpoint="http://127.0.0.1:9")
    tracing = open_tracing(settings, "flight-monitor-collector")
    with tracing.span("poll"):
        pass
    began_at = time.monotonic()
    tracing.close()
    assert time.monotonic() - began_at < CLOSE_SECONDS + 1


def test_a_missing_package_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "find_spec", lambda _: None)
    with pytest.raises(SettingsError, match=r"pip install opentelemetry-sdk .*or set tracing"):
        open_tracing(TracingSettings(enabled=True), "flight-monitor-collector")


def test_an_endpoint_on_another_machine_needs_tls_if_that_is_required() -> None:
    settings = TracingSettings(enabled=True, endpoint="http://otel.example.org:4318")
    with pytest.raises(SettingsError, match=r"tracing\.endpoint"):
        check_plaintext(SecuritySettings(require_tls=True), find_plaintext_tracing(settings))
    assert find_plaintext_tracing(settings.model_copy(update={"enabled": False})) == []
