"""Command line of the processor: run it, audit it, or begin a lost log anew."""

import argparse
import sys
from pathlib import Path

import structlog
import uvloop

from processor.archive.commands import begin_anew, print_audit
from processor.errors import FatalError
from processor.garbage import search_seldom
from processor.service import Service
from telemetry.logs import configure_logs
from telemetry.settings import Settings, SettingsError, load_settings

log = structlog.get_logger()

DESCRIPTION = """\
Store every state vector of the topic telemetry.raw exactly once in TimescaleDB or PostgreSQL,
and push the living picture to browsers as Server-Sent Events at /sse/flights.
"""

EXAMPLES = """\
commands:
  run         (default) serve until SIGTERM or Ctrl-C
  audit       prove that nothing was lost or stored twice; exit code 1 names the first violation
  begin-anew  after "messages were removed before they were stored": keep what is stored, and
              let the next start begin at the oldest message that is left

examples:
  python -m processor                          both halves in one process
  python -m processor --role archive           only store; start several to divide the partitions
  python -m processor --role live              only push; start several behind a load balancer
  DATABASE_URL=postgresql://me@db/flights python -m processor audit

Settings come from config.yaml (see --config) and from the environment, as SECTION_KEY:
KAFKA_BOOTSTRAP_SERVERS, DATABASE_URL, SSE_ALLOWED_ORIGINS, HTTP_PORT and so on.
"""


def main() -> int:
    """Run the command and return the exit code."""
    arguments = _parser().parse_args()
    try:
        settings = load_settings(arguments.config)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    configure_logs(settings.log.level, settings.log.format)
    search_seldom()
    try:
        return uvloop.run(_run(settings, arguments))
    except FatalError as error:
        log.error("cannot_go_on", reason=str(error))  # noqa: TRY400 - the reason says it all
        return 1


async def _run(settings: Settings, arguments: argparse.Namespace) -> int:
    match arguments.command:
        case "audit":
            return await print_audit(settings)
        case "begin-anew":
            return await begin_anew(settings)
        case _:
            await Service(settings, arguments.role).run()
            return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m processor",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "command",
        nargs="?",
        default="run",
        choices=["run", "audit", "begin-anew"],
        help="see below",
    )
    parser.add_argument(
        "--role", default="all", choices=["archive", "live", "all"], help="which half to run"
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="default: ./config.yaml")
    return parser


if __name__ == "__main__":
    sys.exit(main())
