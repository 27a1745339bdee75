"""Command line of the processor: run it, audit it, begin a lost log anew, or make an API key."""

import argparse
import datetime as dt
import sys
from pathlib import Path

import structlog
import uvloop

from configuration.database_files import refuse_missing_files
from configuration.errors import SettingsError
from configuration.loading import load_settings
from configuration.logs import configure_logs
from configuration.transport_security import (
    PlaintextConnection,
    find_plaintext_database,
    find_plaintext_kafka,
    warn_of_plaintext,
)
from kafka_client.refusals import refuse_unusable
from processor.access.new_key import print_new_key
from processor.access.principal import LIVE, SCOPES
from processor.archive.audit.derived import Extent
from processor.archive.commands import Asked, print_audit, rebuild, reset_offsets
from processor.errors import FatalError
from processor.garbage_collection import give_back_large_blocks, tune_gc
from processor.service import Service
from processor.settings import ProcessorSettings

log = structlog.get_logger()

DESCRIPTION = """\
Store every state vector of the topic telemetry.raw exactly once in TimescaleDB or PostgreSQL,
and push the living picture to browsers as Server-Sent Events at /sse/flights.
"""

EXAMPLES = """\
commands:
  run         (default) serve until SIGTERM or Ctrl-C
  audit       prove that nothing was lost, stored twice or changed since: compare every row, dead
              letter, entry of the ledger and stored offset, and count what is derived; it says
              what it compared, and "clean" only where that was all of this
  begin-anew  after "messages were removed before they were stored": keep what is stored, and
              let the next start begin at the oldest message that is left
  rebuild     cut all flights anew and sum minutes and hours up, out of the state vectors that
              are there; once after an upgrade from 0.1, or after an import; stop the archive first
  key NAME    make an API key for somebody and print it, this once (see docs/access.md)

examples:
  python -m processor                          both halves in one process
  python -m processor --role archive           only store; start several to divide the partitions
  python -m processor --role live              only push; start several behind a load balancer
  DATABASE_URL=postgresql://me@db/flights python -m processor audit
  python -m processor audit --kafka            with the messages that the log still holds
  python -m processor audit --deep all         and compute all flights, minutes and hours again
  python -m processor key tower --file keys.yaml --area=5.9,45.8,10.5,47.9 --expires 2027-01-01

exit codes of audit:
  0  clean          1  violation, the first of which is named       3  nothing to audit
  4  nothing wrong found, but not everything could be compared: the output names what

Settings come from config.yaml (see --config) and from the environment, as SECTION_KEY:
KAFKA_BOOTSTRAP_SERVERS, DATABASE_URL, SSE_ALLOWED_ORIGINS, HTTP_PORT and so on.
"""


def main() -> int:
    """Run the command and return the exit code."""
    arguments = _arguments()
    try:
        settings = load_settings(ProcessorSettings, arguments.config)
        if arguments.command != "key":
            refuse_missing_files(settings.database.url.get_secret_value())
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    configure_logs(settings.log.level, settings.log.format)
    tune_gc()
    give_back_large_blocks()
    try:
        warn_of_plaintext(settings.security, _plaintext_connections(settings, arguments))
        return uvloop.run(_run(settings, arguments))
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except FatalError as error:
        log.error("cannot_go_on", reason=str(error))  # noqa: TRY400 - the reason says it all
        return 1


def _plaintext_connections(
    settings: ProcessorSettings, arguments: argparse.Namespace
) -> list[PlaintextConnection]:
    """Return the connections without TLS that the command would open."""
    if arguments.command == "key":
        return []
    found = find_plaintext_database(settings.database.url.get_secret_value())
    uses_kafka = arguments.command == "run" or arguments.kafka
    return [*found, *find_plaintext_kafka(settings.kafka)] if uses_kafka else found


async def _run(settings: ProcessorSettings, arguments: argparse.Namespace) -> int:
    match arguments.command:
        case "audit":
            return await print_audit(settings, Asked(arguments.kafka, arguments.deep))
        case "begin-anew":
            return await reset_offsets(settings)
        case "rebuild":
            return await rebuild(settings)
        case "key":
            return print_new_key(
                name=arguments.name,
                scopes=arguments.scope or [LIVE],
                areas=arguments.area,
                expires=arguments.expires,
                file=arguments.file,
            )
        case _:
            refuse_unusable(settings.kafka)
            await Service(settings, arguments.role).run()
            return 0


def _arguments() -> argparse.Namespace:
    parser = _parser()
    arguments = parser.parse_args()
    if (arguments.command == "key") != (arguments.name is not None):
        parser.error("key, and nothing else, needs the name of whom it is for")
    if arguments.command != "audit" and (arguments.kafka or arguments.deep):
        parser.error("--kafka and --deep are for audit")
    return arguments


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
        choices=["run", "audit", "begin-anew", "rebuild", "key"],
        help="see below",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="of whom an API key is for")
    parser.add_argument(
        "--role", default="all", choices=["archive", "live", "all"], help="which half to run"
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="default: ./config.yaml")
    _add_audit_options(parser.add_argument_group("for audit"))
    _add_key_options(parser.add_argument_group("for key"))
    return parser


def _add_audit_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--kafka",
        action="store_true",
        help="compare with the log: its offsets, its policy, and how many messages each entry took",
    )
    group.add_argument(
        "--deep",
        nargs="?",
        type=Extent,
        choices=list(Extent),
        const=Extent.SAMPLE,
        metavar="sample|all",
        help="compute flights, minutes and hours again and compare them; default: a sample",
    )


def _add_key_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--scope",
        action="append",
        choices=sorted(SCOPES),
        help=f"what it opens, several by several --scope; default: {LIVE}",
    )
    group.add_argument(
        "--area",
        action="append",
        default=[],
        metavar="W,S,E,N",
        help="a box in degrees that it is limited to, several by several --area=W,S,E,N",
    )
    group.add_argument(
        "--expires",
        type=dt.date.fromisoformat,
        metavar="DAY",
        help="the first day on which it is refused, as 2027-01-01 (UTC)",
    )
    group.add_argument(
        "--file", type=Path, help="the keys_file that its entry is added to; default: print it"
    )


if __name__ == "__main__":
    sys.exit(main())
