"""Traces from the poll to the commit and the first frame; none unless they are switched on."""

import secrets
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from typing import Protocol

from configuration.errors import SettingsError
from configuration.shared_sections import TracingSettings

Attributes = Mapping[str, str | int]

_SDK_PACKAGES = ("opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http")


class Tracing(Protocol):
    """Records spans. Names of attributes are those of OpenTelemetry's semantic conventions."""

    def span(
        self, name: str, attributes: Attributes | None = None
    ) -> AbstractContextManager[object]:
        """Return a context: what happens in it is a span, a child of the one around it."""

    def traceparent(self) -> str:
        """Return the present span's context as the header of a message."""

    def record(
        self, name: str, parents: Iterable[bytes], *, seconds: float, attributes: Attributes
    ) -> None:
        """Record a span that has just ended, in the trace of each poll that had a part in it.

        A batch or a tick holds messages of several polls at times, and a span has one parent.

        Args:
            name: The span's name.
            parents: Headers of messages; those that cannot be read are ignored.
            seconds: How long it took.
            attributes: What is known about it.
        """

    def close(self) -> None:
        """Send what is recorded, but wait no longer than some seconds for it."""


class NoTracing:
    """Records nothing, and marks messages as not recorded."""

    def span(
        self, _name: str, _attributes: Attributes | None = None
    ) -> AbstractContextManager[object]:
        """Return a context that does nothing."""
        return nullcontext()

    def traceparent(self) -> str:
        """Return a trace of its own, which the messages of one answer share."""
        return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"

    def record(
        self, _name: str, _parents: Iterable[bytes], *, seconds: float, attributes: Attributes
    ) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


NO_TRACING = NoTracing()


def open_tracing(settings: TracingSettings, service: str) -> Tracing:
    """Return what records the spans of a process.

    Args:
        settings: Whether and where to.
        service: The service's name, unless the settings have another.

    Raises:
        SettingsError: Tracing is switched on and OpenTelemetry is not installed.
    """
    if not settings.enabled:
        return NO_TRACING
    if any(find_spec(name) is None for name in ("opentelemetry", "opentelemetry.sdk")):
        raise SettingsError(
            "tracing.enabled: true needs the extra `otel`: run `.venv/bin/pip install "
            f"{' '.join(_SDK_PACKAGES)}`, or set tracing.enabled to false"
        )
    from configuration.open_telemetry import OpenTelemetry  # noqa: PLC0415 - takes time and memory

    return OpenTelemetry(settings, service)
