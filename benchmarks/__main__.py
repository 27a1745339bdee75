"""`python -m benchmarks`: runs benchmarks, prints a table of each, and writes results/."""

import argparse
import datetime as dt
import importlib
import sys
import time
from typing import Any

from benchmarks import machine, measured_code, readme, report
from benchmarks.feed import NotDeliveredError
from benchmarks.parts import MISSING
from benchmarks.report import MeasurementError, Options, Report
from testkit.line_process import ProcessEndedError
from testkit.revision import revision
from testkit.swarm import SubscribersLostError

NAMES = {
    "archive": "rows a second from Kafka to commit, over a bare COPY of the same rows",
    "end_to_end": "from the response of OpenSky to the last of 100 subscribers, and to the commit",
    "memory": "start and memory of each role; the processor's memory over 500 polls of 12,000",
    "fan_out": "processor time of an event for 1,000 subscribers, over a bare and a naive writer",
    "large_fleet": "a tick of 48,000 aircraft over one of 12,000, and delays of the event loop",
    "ten_thousand": "from the tick to 10,000 subscribers of the fleet, on one core",
    "scaling": "an event by the number of viewers; a simulation of several instances from it",
    "subscriber_memory": "memory of an idle and of a stalled subscriber, in process and kernel",
    "page": "the page in Chromium: update, script of a frame, memory, first paint, bytes",
    "wire": "bytes for each aircraft and poll, by format and by compression",
    "history": "queries of 20 million state vectors through REST, over a naive schema",
    "storage": "bytes that a million rows take, by edition of the database",
    "export": "10 million rows as Parquet through REST: memory, speed, the file read back",
}

ALIASES = {"viewer_memory": "subscriber_memory"}
"""Former names, which are still accepted."""

FAILED = (
    SubscribersLostError,
    MeasurementError,
    NotDeliveredError,
    ProcessEndedError,
    TimeoutError,
)
"""Errors that make the figures of one benchmark meaningless; the others still run."""

_EPILOG = """\
Results go to benchmarks/results/NAME.json and into benchmarks/README.md, of a quick run to
NAME.quick.json.
Compare ratios, not seconds: both sides of a ratio are measured in turns in the same run.
archive, end_to_end and memory need Java 17 and Maven for Apache Kafka and Debian's packages for
TimescaleDB, which are installed into a cache folder; `python -m testkit.install` does so
beforehand; history, storage and export need TimescaleDB alone. wire also measures real responses
if OPENSKY_CAPTURES names a folder with some.
"""


def main() -> int:
    """Run the named benchmarks; return 1 if one of them failed."""
    arguments = _parser().parse_args()
    names = [ALIASES.get(name, name) for name in arguments.names or NAMES]
    return max([_run(name, is_quick=arguments.quick) for name in names])


def _run(name: str, *, is_quick: bool) -> int:
    print(f"{name}: {NAMES[name]}", flush=True)
    started = time.monotonic()
    about: dict[str, Any] = {
        "quick": is_quick,
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "revision": revision(except_in="benchmarks"),
        "machine": machine.describe(),
        "load_average_before": machine.load_average(),
        "measured": measured_code.digests(name),
    }
    try:
        found: Report = importlib.import_module(f"benchmarks.{name}").run(
            Options(is_quick=is_quick, progress=_print_progress)
        )
    except (*MISSING, *FAILED) as error:
        print(f"{name}: not measured: {error}", file=sys.stderr)
        return 1
    about["seconds"] = round(time.monotonic() - started, 1)
    print(report.table(found))
    print("\n".join(found.markdown))
    print(f"  after {about['seconds']:.0f} s", flush=True)
    try:
        print(f"  in {report.write(name, found, about)}\n", flush=True)
        if not is_quick:
            readme.refresh()
    except OSError as error:
        print(f"{name}: not written: {error}", file=sys.stderr)
        return 1
    return 0


def _print_progress(line: str) -> None:
    print(f"  {dt.datetime.now(dt.UTC):%H:%M:%S}  {line}", flush=True)


def _parser() -> argparse.ArgumentParser:
    listed = "\n".join(f"  {name:<17} {purpose}" for name, purpose in NAMES.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=f"Measure what the services cost:\n{listed}",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "names",
        nargs="*",
        choices=[*NAMES, *ALIASES, []],
        metavar="NAME",
        help="a benchmark; all by default",
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds; not to be quoted")
    return parser


if __name__ == "__main__":
    sys.exit(main())
