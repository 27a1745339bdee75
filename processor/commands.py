"""The commands of the processor, from run to key, as `--help` lists them.

Each command imports its modules itself, so that none loads the libraries of another.
"""

import argparse
import sys

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
    find_plaintext_tracing,
    warn_of_plaintext,
)
from processor.access.principal import LIVE
from processor.errors import FatalError
from processor.garbage_collection import keep_from_gc
from processor.settings import ProcessorSettings

log = structlog.get_logger()

USING_KAFKA = {"run", "status", "dead-letters"}
"""Commands that connect to Kafka; the audit does with an option."""


def execute(arguments: argparse.Namespace) -> int:
    """Run the command and return the exit code."""
    try:
        settings = load_settings(ProcessorSettings, arguments.config)
        if arguments.command != "key":
            refuse_missing_files(settings.database.url.get_secret_value())
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    configure_logs(settings.log.level, settings.log.format)
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
    if arguments.command == "run":
        found += find_plaintext_tracing(settings.tracing)
    return [*found, *find_plaintext_kafka(settings.kafka)] if _uses_kafka(arguments) else found


def _uses_kafka(arguments: argparse.Namespace) -> bool:
    return arguments.command in USING_KAFKA or bool(arguments.kafka)


async def _run(settings: ProcessorSettings, arguments: argparse.Namespace) -> int:
    match arguments.command:
        case "key":
            return _print_new_key(arguments)
        case "run":
            return await _serve(settings, arguments)
        case _:
            return await _maintain(settings, arguments)


async def _serve(settings: ProcessorSettings, arguments: argparse.Namespace) -> int:
    from kafka_client.refusals import refuse_unusable
    from processor.service import Service

    refuse_unusable(settings.kafka)
    await Service(settings, arguments.role).run()
    return 0


async def _maintain(settings: ProcessorSettings, arguments: argparse.Namespace) -> int:
    """Run a command of the archive."""
    from processor.archive.audit.derived import Extent
    from processor.archive.commands import AuditScope, print_audit, rebuild, reset_offsets
    from processor.archive.status import print_status

    if _uses_kafka(arguments):
        from kafka_client.refusals import refuse_unusable

        refuse_unusable(settings.kafka)
    keep_from_gc()
    match arguments.command:
        case "status":
            return await print_status(settings, as_json=arguments.json)
        case "dead-letters":
            return await _work_on_dead_letters(settings, arguments)
        case "audit":
            deep = None if arguments.deep is None else Extent(arguments.deep)
            return await print_audit(
                settings, AuditScope(arguments.kafka, deep), as_json=arguments.json
            )
        case "reset-offsets":
            return await reset_offsets(settings, as_json=arguments.json)
        case "import-aircraft":
            from processor.archive.aircraft_commands import import_aircraft

            return await import_aircraft(settings, arguments.file, as_json=arguments.json)
        case _:
            return await rebuild(settings, as_json=arguments.json)


async def _work_on_dead_letters(settings: ProcessorSettings, arguments: argparse.Namespace) -> int:
    from processor.archive.dead_letter_commands import Choice, drop, publish_again, show, show_all

    choice = Choice(arguments.place, arguments.reason, arguments.limit)
    match arguments.action:
        case "list":
            return await show_all(settings, choice, as_json=arguments.json)
        case "show":
            return await show(settings, choice, as_json=arguments.json)
        case "retry":
            return await publish_again(settings, choice, as_json=arguments.json)
        case _:
            return await drop(settings, before=arguments.before, as_json=arguments.json)


def _print_new_key(arguments: argparse.Namespace) -> int:
    from processor.access.new_key import print_new_key

    return print_new_key(
        name=arguments.name,
        scopes=arguments.scope or [LIVE],
        areas=arguments.area,
        expires=arguments.expires,
        file=arguments.file,
    )
