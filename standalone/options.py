"""The command line: what can be asked for, and what contradicts itself."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from standalone.database_folder import default_data_dir

DEFAULT_AIRCRAFT = 3_000
DEFAULT_PORT = 8081
DEFAULT_INTERVAL_SECONDS = 5.0
"""How often OpenSky's own data change."""

_SHORTEST_INTERVAL_SECONDS = 1
_LONGEST_INTERVAL_SECONDS = 86_400
_LARGEST_PORT = 65_535

_DESCRIPTION = """\
Run the whole flight monitor on this machine: a broker, a database, a source of aircraft, the
collector, the processor and its page. Nothing else has to be installed, no container, no root.
"""

_EXAMPLES = f"""\
examples:
  python -m standalone
      {DEFAULT_AIRCRAFT:,} invented aircraft; open the page that the line `ready:` names
  python -m standalone --aircraft 12000 --interval 1
      as many as OpenSky has at its busiest, five times as often
  python -m standalone --replay monday.ndjson.gz tuesday.json
      recorded answers of /states/all, in a loop and shifted to now
  OPENSKY_CREDENTIALS_FILE=credentials.json python -m standalone --opensky
      the real sky; without credentials OpenSky gives 400 credits a day, a poll each 15 minutes
  python -m standalone --port 9000 --data-dir ~/flights
      a second one beside the first, with data of its own
  python -m standalone --kafka localhost:9092 --database postgresql://me@localhost/flights
      an existing broker and an existing database, PostgreSQL 15 or later or TimescaleDB

while it runs:
  curl -N http://127.0.0.1:{DEFAULT_PORT}/sse/flights      the stream: a snapshot, then what changes
  psql "$DATABASE"                               the database that the line `ready:` names; its
                                                 password is in the file that the address names
  DATABASE_URL="$DATABASE" python -m processor audit
      prove that every message was stored exactly once

what stays: the database in the data folder. The embedded broker is in memory: at Ctrl-C what it
holds is stored first, at a crash what was not stored yet is lost. The logs of all parts are in
the folder `logs` of the data folder, which only you may look into. A password in --database is
in the list of processes, which every user of this machine may read: set PGPASSFILE instead.

All other settings come from config.yaml in the current folder and from the environment
(SECTION_KEY, for instance SSE_ALLOWED_ORIGINS), as for the services themselves.

exit codes: 0 stopped by Ctrl-C or SIGTERM, 1 a part ended by itself, 2 it cannot be started so
"""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the user asked for; None means that it was left to us."""

    replay: tuple[Path, ...]
    aircraft: int
    interval_seconds: float | None
    port: int
    data_dir: Path
    database: str | None
    kafka: str | None
    opensky: bool


def read_options(arguments: list[str] | None = None) -> Options:
    """Read the command line; like every program, exit with code 2 when it is wrong."""
    parser = _parser()
    given = parser.parse_args(arguments)
    _refuse_contradictions(given, parser.error)
    return Options(
        replay=tuple(given.replay or ()),
        aircraft=given.aircraft or DEFAULT_AIRCRAFT,
        interval_seconds=given.interval,
        port=given.port,
        data_dir=(given.data_dir or default_data_dir()).expanduser().absolute(),
        database=given.database,
        kafka=given.kafka,
        opensky=given.opensky,
    )


def _refuse_contradictions(given: argparse.Namespace, refuse: Callable[[str], NoReturn]) -> None:
    if given.replay and given.aircraft:
        refuse("--replay and --aircraft: a recording has its own aircraft; give one of the two")
    for option, value in (
        ("--replay", given.replay),
        ("--aircraft", given.aircraft),
        ("--interval", given.interval),
    ):
        if given.opensky and value is not None:
            refuse(f"--opensky and {option}: that is for the simulator; give one of the two")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m standalone",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_source(parser.add_argument_group("where the aircraft come from"))
    _add_places(parser.add_argument_group("where it serves and keeps its data"))
    return parser


def _add_source(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--aircraft",
        type=_number(int, 1, 100_000),
        metavar="N",
        help=f"so many invented aircraft, about ({DEFAULT_AIRCRAFT:,})",
    )
    group.add_argument(
        "--replay",
        type=Path,
        nargs="+",
        metavar="PATH",
        help="recorded answers instead: .json, .ndjson (one a line), or either .gz",
    )
    group.add_argument(
        "--interval",
        type=_number(float, _SHORTEST_INTERVAL_SECONDS, _LONGEST_INTERVAL_SECONDS),
        metavar="S",
        help=f"seconds between changes ({DEFAULT_INTERVAL_SECONDS:g}; recordings as recorded)",
    )
    group.add_argument(
        "--opensky",
        action="store_true",
        help="ask the real OpenSky Network, with the credentials of the settings if there are any",
    )


def _add_places(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--port",
        type=_number(int, 1, _LARGEST_PORT),
        default=DEFAULT_PORT,
        help="of the page and the stream (%(default)s)",
    )
    group.add_argument(
        "--data-dir",
        type=Path,
        metavar="DIR",
        help=f"folder of the embedded database and of the logs ({default_data_dir()})",
    )
    group.add_argument("--database", metavar="URL", help="an existing database instead")
    group.add_argument("--kafka", metavar="SERVERS", help="an existing broker instead, host:port")


def _number(kind: type[int] | type[float], low: int, high: int) -> Callable[[str], int | float]:
    """Return a reader of numbers within limits, whose errors say the limits."""

    def read(text: str) -> int | float:
        try:
            value = kind(text)
        except ValueError:
            value = kind(low - 1)
        if not low <= value <= high:
            sort = "a whole number" if kind is int else "a number"
            raise argparse.ArgumentTypeError(f"{text!r} is not {sort} from {low} to {high}")
        return value

    return read
