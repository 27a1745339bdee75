"""An OTLP collector that keeps the spans it is sent over HTTP in memory."""

import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import NamedTuple, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_POLL_S = 0.02


class ReceivedSpan(NamedTuple):
    """What a test looks at; ids in hexadecimal digits, empty for no parent, times in seconds."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    began_at: float
    ended_at: float
    attributes: dict[str, str | int]


class OtlpCollector:
    """Listens on a free port of this machine within the block."""

    def __init__(self) -> None:
        self.spans: list[ReceivedSpan] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=[_POLL_S], name="OTLP collector"
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def endpoint(self) -> str:
        """The setting `tracing.endpoint`."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def whole_traces(self, *names: str) -> list[list[ReceivedSpan]]:
        """Return the traces that have spans of all names, each by the time when a span began."""
        by_trace: dict[str, list[ReceivedSpan]] = {}
        for span in sorted(self.spans, key=lambda span: span.began_at):
            by_trace.setdefault(span.trace_id, []).append(span)
        return [spans for spans in by_trace.values() if {*names} <= {span.name for span in spans}]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        received = self.spans

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                is_traces = self.path == "/v1/traces"
                if is_traces:
                    received.extend(_read(body))
                self.send_response(200 if is_traces else 404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                """Print nothing."""

        return Handler


def _read(body: bytes) -> list[ReceivedSpan]:
    request = ExportTraceServiceRequest.FromString(body)
    return [
        ReceivedSpan(
            service=next(
                each.value.string_value
                for each in of_service.resource.attributes
                if each.key == "service.name"
            ),
            name=span.name,
            trace_id=span.trace_id.hex(),
            span_id=span.span_id.hex(),
            parent_id=span.parent_span_id.hex(),
            began_at=span.start_time_unix_nano / 1e9,
            ended_at=span.end_time_unix_nano / 1e9,
            attributes={
                each.key: each.value.string_value or each.value.int_value
                for each in span.attributes
            },
        )
        for of_service in request.resource_spans
        for of_scope in of_service.scope_spans
        for span in of_scope.spans
    ]
