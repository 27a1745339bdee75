"""The arguments of the processor's command line, read before any large module is imported."""

import argparse
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

from processor.access.principal import LIVE, SCOPES

DESCRIPTION = """\
Store every state vector of the topic telemetry.raw exactly once in TimescaleDB or PostgreSQL,
and push the live state of all aircraft to browsers as Server-Sent Events at /sse/flights.
Without a command it does that until SIGTERM or Ctrl-C.
"""

EXAMPLES = """\
examples:
  python -m processor                          both halves in one process
  python -m processor --role archive           only store; start several to divide the partitions
  python -m processor --role live              only stream; start several behind a load balancer
  python -m processor status                   what is stored, what waits, what needs attention
  DATABASE_URL=postgresql://me@db/flights python -m processor audit
  python -m processor COMMAND --help           the options and exit codes of a command

exit codes:
  0  all is well    1  it cannot go on; the reason and the remedy are printed
  2  an argument or a setting cannot be used       others: see the help of the command

Settings come from config.yaml (see --config) and from the environment, as SECTION_KEY:
KAFKA_BOOTSTRAP_SERVERS, DATABASE_URL, SSE_ALLOWED_ORIGINS, HTTP_PORT and so on.
"""

STATUS = """\
Show what is stored, how far behind the log the archive is, what waits, and what needs attention.
Nothing is changed. What could not be looked at is listed as such.

exit codes:
  0  nothing needs attention    1  something does; it is listed, each with the remedy
  4  nothing does, but Kafka could not be asked
"""

AUDIT = """\
Prove that nothing was lost, stored twice or changed since: compare every row, dead letter, ledger
entry and stored offset, and count what is derived. The output lists what was compared; "clean"
means that this was everything.

examples:
  python -m processor audit
  python -m processor audit --kafka            compare with the messages that the log still holds
  python -m processor audit --deep all         compute all flights, minutes and hours again

exit codes:
  0  clean          1  violation; the first one is printed       3  nothing to audit
  4  nothing wrong found, but not everything could be compared; the output lists what
"""

DEAD_LETTERS = """\
Look at the messages, and rows of messages, that could not be stored, and say what becomes of them.

  list    (default) how many there are by reason, and the newest
  show    one of them as it came; PLACE is PARTITION:OFFSET or PARTITION:OFFSET:ROW, as listed
  retry   publish them to the topic again, where they are read like any other message; a row that is
          stored already changes nothing. They stay here until `drop`
  drop    delete those recorded --before DAY, or --all, of every topic that was ever stored

examples:
  python -m processor dead-letters
  python -m processor dead-letters show 3:18044
  python -m processor dead-letters retry --reason "out of range"
  python -m processor dead-letters drop --before 2027-01-01

exit codes:
  0  done           3  there are none, or none that was meant
"""

RESET_OFFSETS = """\
After "messages were removed before they were stored": keep what is stored, and let the next start
begin at the oldest message that is left. Stop the archive first. `begin-anew` is the old name of
this command and works for one more release.

exit codes:
  0  done           1  the database cannot be used; the reason is printed
"""

REBUILD = """\
Segment all flights and roll up all minutes and hours again, from the stored state vectors. Needed
once after an upgrade from 0.1, or after an import. Stop the archive first. The progress is shown on
standard error. It may be stopped and started again at any time.

exit codes:
  0  done           1  the database cannot be used; the reason is printed
"""

IMPORT_AIRCRAFT = """\
Read a file of aircraft into the table of aircraft, from which stream, REST, SQL and exports take
registration, type and operator. What the file says takes precedence over the packaged table; an
empty value leaves what is there. The file is read in one transaction: it is imported whole, or not
at all. Lines that cannot be read are counted, and the first of them are printed.

FILE is a CSV file, which may be compressed with gzip, of one of these kinds:

  OpenSky's aircraft database   columns icao24, registration, typecode, …; old files and newer ones,
                                which quote with apostrophes
  VRS' standing data            columns ICAO, Registration, ModelICAO, …

examples:
  python -m processor import-aircraft aircraftDatabase.csv
  python -m processor import-aircraft aircraft-database-complete-2026-10.csv.gz --json

exit codes:
  0  done           1  the file or the database cannot be used; the reason is printed with the line
"""

KEY = """\
Make an API key for NAME and print it, this once (see docs/access.md).

example:
  python -m processor key tower --file keys.yaml --area=5.9,45.8,10.5,47.9 --expires 2027-01-01
"""

RENAMED_COMMANDS = {"begin-anew": "reset-offsets"}
"""Old names of commands, which work for one more release."""

EXTENTS = ("sample", "all")
"""The values of the audit's `Extent`, whose module needs numpy and the client of the database."""

MAX_LISTED = 1_000
"""Most dead letters that one call lists or publishes again."""

_ONE_ROW = 2
_ROW_OF_SEVERAL = 3


def read_arguments() -> argparse.Namespace:
    """Parse the arguments of the process; print the help or the error and exit if that is due."""
    parser = _parser()
    arguments = parser.parse_args()
    arguments.command = RENAMED_COMMANDS.get(arguments.command, arguments.command)
    if arguments.command == "dead-letters":
        _check_dead_letters(parser, arguments)
    return arguments


def _check_dead_letters(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    if arguments.action == "show" and arguments.place is None:
        parser.error("dead-letters show needs a PLACE, such as 3:18044")
    if arguments.action in {"list", "drop"} and arguments.place is not None:
        parser.error(f"dead-letters {arguments.action} takes no PLACE")
    if (arguments.action == "drop") != (arguments.all or arguments.before is not None):
        parser.error("--before and --all say what dead-letters drop deletes: give one of them")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m processor",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--role", default="all", choices=["archive", "live", "all"], help="which half to run"
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="default: ./config.yaml")
    parser.set_defaults(command="run", kafka=False)
    commands = parser.add_subparsers(
        title="commands",
        metavar="{run,status,audit,dead-letters,reset-offsets,rebuild,import-aircraft,key}",
    )
    _add(commands, "run", "serve until SIGTERM or Ctrl-C (default)", DESCRIPTION, _add_role)
    _add(commands, "status", "what is stored, what waits, what needs attention", STATUS, _add_json)
    _add(commands, "audit", "prove that nothing was lost or changed", AUDIT, _add_audit_options)
    _add(
        commands,
        "dead-letters",
        "list, show, publish again or delete what could not be stored",
        DEAD_LETTERS,
        _add_dead_letter_options,
    )
    for name in ("reset-offsets", *RENAMED_COMMANDS):
        hint = None if name in RENAMED_COMMANDS else "begin at the oldest message that is left"
        _add(commands, name, hint, RESET_OFFSETS, _add_json)
    _add(commands, "rebuild", "compute flights, minutes and hours again", REBUILD, _add_json)
    _add(
        commands,
        "import-aircraft",
        "read a file of registrations, types and operators",
        IMPORT_AIRCRAFT,
        _add_import_options,
    )
    _add(commands, "key", "make an API key", KEY, _add_key_options)
    return parser


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    hint: str | None,
    description: str,
    add_options: Callable[[argparse.ArgumentParser], None],
) -> None:
    """Add a command; one without a hint is not listed in the help."""
    listed: dict[str, Any] = {} if hint is None else {"help": hint}
    parser = commands.add_parser(
        name,
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        **listed,
    )
    # Without a default: an option that stands before the command counts as well.
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        default=argparse.SUPPRESS,
        help="default: ./config.yaml",
    )
    parser.set_defaults(command=name)
    add_options(parser)


def _add_role(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--role",
        default=argparse.SUPPRESS,
        choices=["archive", "live", "all"],
        help="which half to run; default: all",
    )


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _add_audit_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--kafka",
        action="store_true",
        help="compare the ledger with Kafka: offsets, retention policy, and messages of each entry",
    )
    parser.add_argument(
        "--deep",
        nargs="?",
        choices=EXTENTS,
        const=EXTENTS[0],
        metavar="sample|all",
        help="compute flights, minutes and hours again and compare them; without a value, a sample",
    )
    _add_json(parser)


def _add_dead_letter_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action", nargs="?", default="list", choices=["list", "show", "retry", "drop"]
    )
    parser.add_argument("place", nargs="?", type=_place, metavar="PLACE", help="of show and retry")
    parser.add_argument(
        "--reason", default="", metavar="TEXT", help="only those whose reason contains this text"
    )
    parser.add_argument(
        "--limit",
        type=_limit,
        default=20,
        metavar="N",
        help="how many to list or publish again, the newest first; default: 20, "
        f"at most {MAX_LISTED:,}",
    )
    parser.add_argument(
        "--before", type=dt.date.fromisoformat, metavar="DAY", help="recorded before this day (UTC)"
    )
    parser.add_argument("--all", action="store_true", help="all that are there")
    _add_json(parser)


def _place(text: str) -> tuple[int, int, int | None]:
    """Return partition, offset, and the row or None."""
    try:
        numbers = [int(part) for part in text.split(":")]
    except ValueError:
        numbers = []
    if len(numbers) == _ONE_ROW:
        return numbers[0], numbers[1], None
    if len(numbers) == _ROW_OF_SEVERAL:
        return numbers[0], numbers[1], numbers[2]
    raise argparse.ArgumentTypeError(f"{text}: a PLACE is PARTITION:OFFSET or PARTITION:OFFSET:ROW")


def _limit(text: str) -> int:
    if not 0 < int(text) <= MAX_LISTED:
        raise argparse.ArgumentTypeError(f"{text}: give a number from 1 to {MAX_LISTED:,}")
    return int(text)


def _add_import_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV, which may be gzip")
    _add_json(parser)


def _add_key_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the user of the API key")
    parser.add_argument(
        "--scope",
        action="append",
        choices=sorted(SCOPES),
        help=f"what the key allows; repeat --scope for more than one; default: {LIVE}",
    )
    parser.add_argument(
        "--area",
        action="append",
        default=[],
        metavar="W,S,E,N",
        help="a box in degrees that the key is restricted to; repeat --area=W,S,E,N for more",
    )
    parser.add_argument(
        "--expires",
        type=dt.date.fromisoformat,
        metavar="DAY",
        help="the first day (UTC) on which the key is refused, such as 2027-01-01",
    )
    parser.add_argument(
        "--file", type=Path, help="the keys_file to add the entry to; default: print the entry"
    )
