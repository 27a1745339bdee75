"""Records spans by OpenTelemetry, and sends them by OTLP over HTTP."""

import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace import SpanKind, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from configuration.build_info import PACKAGE, installed_version
from configuration.shared_sections import TracingSettings
from telemetry.codec import TRACEPARENT, TRACEPARENT_BYTES

EXPORT_TIMEOUT_SECONDS = 5.0
CLOSE_SECONDS = 3.0
"""How long a stop waits for the last spans: less than any supervisor's patience."""

_NANOSECONDS = 1_000_000_000

Attributes = Mapping[str, str | int]


class OpenTelemetry:
    """The spans of one process; a thread of the SDK sends them every five seconds."""

    def __init__(self, settings: TracingSettings, service: str) -> None:
        resource = Resource.create(
            {
                SERVICE_NAME: settings.service_name or service,
                SERVICE_VERSION: installed_version() or "unknown",
            }
        )
        exporter = OTLPSpanExporter(
            endpoint=f"{settings.endpoint.rstrip('/')}/v1/traces",
            timeout=EXPORT_TIMEOUT_SECONDS,
            compression=Compression.Gzip,
        )
        # The poll decides for all that follows from it.
        self._provider = TracerProvider(
            sampler=ParentBasedTraceIdRatio(settings.sample_ratio),
            resource=resource,
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer(PACKAGE, installed_version())
        self._propagator = TraceContextTextMapPropagator()

    def span(
        self, name: str, attributes: Attributes | None = None
    ) -> AbstractContextManager[object]:
        """Return a context: what happens in it is a span; see `Tracing`."""
        is_sending = attributes is not None and attributes.get("messaging.operation.type") == "send"
        kind = SpanKind.PRODUCER if is_sending else SpanKind.INTERNAL
        return self._tracer.start_as_current_span(name, kind=kind, attributes=attributes)

    def traceparent(self) -> str:
        """Return the present span's context as a message's header."""
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier)
        return carrier[TRACEPARENT]

    def record(
        self, name: str, parents: Iterable[bytes], *, seconds: float, attributes: Attributes
    ) -> None:
        """Record a span that has just ended, in the trace of each poll; see `Tracing`."""
        ended_at = time.time_ns()
        began_at = ended_at - round(seconds * _NANOSECONDS)
        for parent in parents:
            if len(parent) != TRACEPARENT_BYTES:
                continue
            carrier = {TRACEPARENT: parent.decode("ascii", errors="replace")}
            context = self._propagator.extract(carrier)
            if get_current_span(context).get_span_context().is_valid:
                self._tracer.start_span(
                    name,
                    context=context,
                    kind=SpanKind.CONSUMER,
                    attributes=attributes,
                    start_time=began_at,
                ).end(ended_at)

    def close(self) -> None:
        """Send what is recorded; see `Tracing`."""
        # The SDK itself would wait for half a minute.
        closing = threading.Thread(target=self._provider.shutdown, name="tracing", daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)
