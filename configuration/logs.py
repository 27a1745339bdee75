"""Structured logging, set up once for each process."""

import logging
import os
import sys
import threading
from types import TracebackType
from typing import Literal

import structlog

LogFormat = Literal["auto", "console", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]

log = structlog.get_logger()


def configure_logs(level: LogLevel, log_format: LogFormat) -> None:
    """Write events with their fields to stderr: text for a terminal, JSON lines for a collector.

    The lines of libraries, Python's warnings and an error that ends the process have the same
    format.
    """
    as_text = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer = _text_renderer() if as_text else _json_renderer()
    structlog.configure(
        processors=shared + renderer,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # It writes a line with its end at once, so lines of several threads do not mix.
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _route_libraries(shared, renderer)
    sys.excepthook = _log_crash
    threading.excepthook = _log_thread_crash


def _text_renderer() -> list[structlog.typing.Processor]:
    # The variable is a convention of terminal programs: https://no-color.org
    has_colors = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    return [
        structlog.dev.ConsoleRenderer(
            colors=has_colors,
            # The other formatters print local variables, which may be passwords.
            exception_formatter=structlog.dev.plain_traceback,
        )
    ]


def _json_renderer() -> list[structlog.typing.Processor]:
    # Local variables may be passwords.
    to_frames = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [
        structlog.processors.ExceptionRenderer(to_frames),
        structlog.processors.JSONRenderer(),
    ]


def _route_libraries(
    shared: list[structlog.typing.Processor], renderer: list[structlog.typing.Processor]
) -> None:
    """Write the warnings of uvicorn, asyncpg, Python and others, each with its logger's name."""
    handler = logging.StreamHandler(sys.stderr)
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[remove_meta, *renderer],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)


def _log_crash(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
    else:
        reason = f"{kind.__name__}: {error}"
        log.error("crashed", reason=reason, exc_info=(kind, error, traceback))


def _log_thread_crash(crash: threading.ExceptHookArgs) -> None:
    if crash.exc_value is not None:
        thread = crash.thread.name if crash.thread is not None else None
        log.error(
            "thread_crashed",
            thread=thread,
            reason=f"{crash.exc_type.__name__}: {crash.exc_value}",
            exc_info=(crash.exc_type, crash.exc_value, crash.exc_traceback),
        )
