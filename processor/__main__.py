"""Command line of the processor: run, audit, reset-offsets, rebuild and key."""

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
from processor.archive.commands import AuditScope, print_audit, rebuild, reset_offsets
from processor.errors import FatalError
from processor.garbage_collection import return_large_blocks, tune_gc
from processor.service import Service
from processor.settings import ProcessorSettings
from processor.thread_switching import switch_threads_often

log = structlog.get_logger()

DESCRIPTION = """\
Store every state vector of the topic telemetry.raw exactly once in TimescaleDB or PostgreSQL,
and push the live state of all aircraft to browsers as Server-Sent Events at /sse/flights.
"""

EXAMPLES = """\
commands:
  run            (default) serve until SIGTERM or Ctrl-C
  audit          prove that nothing was lost, stored twice or changed since: compare every row,
                 dead letter, ledger entry and stored offset, and count what is derived. The output
                 lists what was compared; "clean" means that this was everything
  reset-offsets  after "messages were removed before they were stored": keep what is stored, and
                 let the next start begin at the oldest message that is left. `begin-anew` is the
                 old name of this command and works for one more release
  rebuild        segment all flights and roll up all minutes and hours again, from the stored state
                 vectors; needed once after an upgrade from 0.1, or after an import. Stop the
                 archive first
  key NAME       make an API key for NAME and print it, this once (see docs/access.md)

examples:
  python -m processor                          both halves in one process
  python -m processor --role archive           only store; start several to divide the partitions
  python -m processor --role live              only stream; start several behind a load balancer
  DATABASE_URL=postgresql://me@db/flights python -m processor audit
  python -m processor audit --kafka            compare with the messages that the log still holds
  python -m processor audit --deep all         compute all flights, minutes and hours again
  python -m processor key tower --file keys.yaml --area=5.9,45.8,10.5,47.9 --expires 2027-01-01

exit codes of audit:
  0  clean          1  violation; the first one is printed       3  nothing to audit
  4  nothing wrong found, but not everything could be compared; the output lists what

Settings come from config.yaml (see --config) and from the environment, as SECTION_KEY:
KAFKA_BOOTSTRAP_SERVERS, DATABASE_URL, SSE_ALLOWED_ORIGINS, HTTP_PORT and so on.
"""

RENAMED_COMMANDS = {"begin-anew": "reset-offsets"}
"""Old names of commands, which work for one more release."""


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
    switch_threads_often()
    return_large_blocks()
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
            return await print_audit(settings, AuditScope(arguments.kafka, arguments.deep))
        case "reset-offsets":
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
    arguments.command = RENAMED_COMMANDS.get(arguments.command, arguments.command)
    if (arguments.command == "key") != (arguments.name is not None):
        parser.error("key needs a NAME, and no other command takes one")
    if arguments.command != "audit" and (arguments.kafka or arguments.deep):
        parser.error("--kafka and --deep are options of audit")
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
        choices=["run", "audit", "reset-offsets", "rebuild", "key", *RENAMED_COMMANDS],
        metavar="{run,audit,reset-offsets,rebuild,key}",
        help="see below",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="the user of the API key")
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
        help="compare the ledger with Kafka: offsets, retention policy, and messages of each entry",
    )
    group.add_argument(
        "--deep",
        nargs="?",
        type=Extent,
        choices=list(Extent),
        const=Extent.SAMPLE,
        metavar="sample|all",
        help="compute flights, minutes and hours again and compare them; without a value, a sample",
    )


def _add_key_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--scope",
        action="append",
        choices=sorted(SCOPES),
        help=f"what the key allows; repeat --scope for more than one; default: {LIVE}",
    )
    group.add_argument(
        "--area",
        action="append",
        default=[],
        metavar="W,S,E,N",
        help="a box in degrees that the key is restricted to; repeat --area=W,S,E,N for more",
    )
    group.add_argument(
        "--expires",
        type=dt.date.fromisoformat,
        metavar="DAY",
        help="the first day (UTC) on which the key is refused, such as 2027-01-01",
    )
    group.add_argument(
        "--file", type=Path, help="the keys_file to add the entry to; default: print the entry"
    )


if __name__ == "__main__":
    sys.exit(main())
