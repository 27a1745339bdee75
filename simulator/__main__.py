"""Command line: read the arguments, build the simulator, serve until a signal."""

import argparse
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from simulator.credits import DAY, Credits, Tier
from simulator.faults import BadScript, Fault, Kind, parse_script
from simulator.picture import Grid, Source
from simulator.recording import Recording, UnreadableRecording
from simulator.server import TOKEN_PATH, Rules, Simulator
from simulator.service import listen, serve
from simulator.tokens import Tokens
from simulator.traffic import InventedTraffic

_INTERVAL = 5.0  # seconds; OpenSky's resolution for authenticated clients
_ANONYMOUS_STEPS = 2  # of that interval; for anonymous clients it is 10 s
_LARGEST_PORT = 65_535

_EXAMPLES = f"""\
examples:
  python -m simulator --port 8090
      a few thousand invented aircraft; token and API at the same address
  python -m simulator --port 8090 --aircraft 12000 --seed 7 --interval 1
      a busy sky that changes every second; the same seed gives the same sky
  python -m simulator --port 8090 --replay day1.ndjson.gz day2.ndjson.gz
      recorded answers, in a loop and shifted to now; the first request gets the first answer
  python -m simulator --port 8090 --credits 20 --credit-day 60 --token-lifetime 10
      20 credits a minute and tokens of 10 seconds, to watch a client run out of both
  python -m simulator --port 8090 --faults faults.yaml
      with faults.yaml: - {{kind: http_503, from: 10, until: 40}}
                        - {{kind: latency, seconds: [0.2, 5], probability: 0.3, seed: 7}}
                        - {{kind: http_500, route: token, nth: [2, 3]}}

try it:
  curl -d grant_type=client_credentials -d client_id=simulator -d client_secret=simulator \\
      http://127.0.0.1:8090{TOKEN_PATH}
  curl -H "Authorization: Bearer $TOKEN" "http://127.0.0.1:8090/api/states/all?extended=1"

kinds of faults (every key is described at the top of simulator/faults.py):
  {{kinds}}
  each entry may have: route (states, token), from, until (seconds), nth, probability, seed,
  count, and what its kind needs (seconds, share, rows, every, location, header)

not part of OpenSky:
  PUT /simulator/faults    follow another fault script (the same YAML or JSON) from now on
  GET /simulator/status    requests by route and status, tokens issued, credits, faults struck
"""


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT and return the exit code."""
    _on_signals(lambda *_: sys.exit(0))
    options = _parser().parse_args(arguments)
    try:
        listener = listen(options.host, options.port)
        simulator = _build(options)
    except (OSError, BadScript, UnreadableRecording) as error:
        sys.stderr.write(f"simulator: {error}\n")
        return 2
    # uvicorn ends on a signal, restores the handler found here and repeats the signal to it.
    _on_signals(lambda *_: None)
    serve(simulator, listener)
    return 0


def _on_signals(handler: Callable[[int, FrameType | None], None]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)


def _parser() -> argparse.ArgumentParser:
    kinds = _wrapped([kind.value for kind in Kind])
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="An imitation of OpenSky's REST API, to develop and test a client against.",
        epilog=_EXAMPLES.replace("{kinds}", kinds),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_service(parser.add_argument_group("where it serves"))
    _add_sky(parser.add_argument_group("what it shows"))
    _add_rules(parser.add_argument_group("how it treats clients"))
    return parser


def _add_service(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    group.add_argument(
        "--port",
        type=_number(int, 0, _LARGEST_PORT),
        default=8090,
        help="port to listen on; 0 takes a free one (%(default)s)",
    )


def _add_sky(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--aircraft",
        type=_number(int, 1, 1_000_000),
        default=4000,
        metavar="N",
        help="about how many state vectors the invented sky has (%(default)s)",
    )
    group.add_argument(
        "--seed", type=int, default=1, metavar="S", help="which invented sky (%(default)s)"
    )
    group.add_argument(
        "--daily-rhythm",
        action="store_true",
        help="fewer aircraft by night: --aircraft is reached at 16 to 18 UTC, 45 %% of it at 4",
    )
    group.add_argument(
        "--outliers",
        type=_number(float, 0, 1),
        default=0.002,
        metavar="SHARE",
        help="share of invented rows with a wrong value of the kinds really seen (%(default)s)",
    )
    group.add_argument(
        "--replay",
        type=Path,
        nargs="+",
        metavar="PATH",
        help="show recorded answers instead: .json, .ndjson (one a line), or either .gz",
    )
    group.add_argument(
        "--interval",
        type=_number(float, 0.1, DAY),
        metavar="S",
        help="seconds between changes of the data (5, and 10 for anonymous clients; recordings "
        "as recorded, 10 for a single answer)",
    )
    group.add_argument(
        "--on-grid",
        action="store_true",
        help="make `time` a multiple of the interval, as OpenSky did until 2021",
    )


def _add_rules(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--client",
        type=_client,
        action="append",
        metavar="ID:SECRET",
        help="client to accept, may be repeated (simulator:simulator)",
    )
    group.add_argument(
        "--token-lifetime",
        type=_number(int, 1, int(DAY)),
        default=1800,
        metavar="S",
        help="seconds a token is valid (%(default)s)",
    )
    group.add_argument(
        "--tier",
        choices=[tier.value for tier in Tier if tier is not Tier.ANONYMOUS],
        default=Tier.STANDARD.value,
        help="of authenticated clients: 4000 or 8000 credits a day, 14400 an hour (%(default)s)",
    )
    group.add_argument(
        "--credits",
        type=_number(int, 0, 1_000_000_000),
        metavar="N",
        help="credits of every client, instead of its tier's (400 for anonymous ones)",
    )
    group.add_argument(
        "--credit-day",
        type=_number(float, 1, DAY),
        default=DAY,
        metavar="S",
        help="seconds that a day of credits lasts (%(default)g)",
    )
    group.add_argument(
        "--no-retry-after",
        action="store_true",
        help="leave X-Rate-Limit-Retry-After-Seconds out of 429 answers, as OpenSky sometimes does",
    )
    group.add_argument(
        "--faults", type=Path, metavar="FILE", help="fault script to follow from the start"
    )


def _number(kind: type[int] | type[float], low: float, high: float) -> Callable[[str], int | float]:
    """Return a reader of numbers within limits, whose errors say the limits."""

    def read(text: str) -> int | float:
        try:
            value = kind(text)
        except ValueError:
            value = kind(low - 1)
        if not low <= value <= high:
            sort = "a whole number" if kind is int else "a number"
            raise argparse.ArgumentTypeError(f"{text!r} is not {sort} from {low:g} to {high:g}")
        return value

    return read


def _client(text: str) -> tuple[str, str]:
    client_id, colon, secret = text.partition(":")
    if not (client_id and colon and secret):
        raise argparse.ArgumentTypeError(f"{text!r} is not ID:SECRET; put a colon between them")
    return client_id, secret


def _wrapped(words: list[str]) -> str:
    half = len(words) // 3 + 1
    return ",\n  ".join(", ".join(words[at : at + half]) for at in range(0, len(words), half))


def _build(options: argparse.Namespace) -> Simulator:
    return Simulator(
        source=_source(options),
        tokens=Tokens(
            dict(options.client or [("simulator", "simulator")]), lifetime=options.token_lifetime
        ),
        credits=Credits(budget=options.credits, day=options.credit_day),
        rules=Rules(
            tier=Tier(options.tier),
            has_retry_after=not options.no_retry_after,
            # An interval that is given on the command line counts for every client.
            anonymous_steps=1 if options.interval or options.replay else _ANONYMOUS_STEPS,
        ),
        script=_script(options.faults),
        clock=time.time,
    )


def _source(options: argparse.Namespace) -> Source:
    if options.replay:
        return Recording(options.replay, interval=options.interval)
    return InventedTraffic(
        aircraft=options.aircraft,
        seed=options.seed,
        grid=Grid(options.interval or _INTERVAL, on_grid=options.on_grid),
        outliers=options.outliers,
        daily_rhythm=options.daily_rhythm,
    )


def _script(path: Path | None) -> list[Fault]:
    if path is None:
        return []
    try:
        text = path.read_bytes()
    except OSError as error:
        raise BadScript(f"{path}: {error.strerror}; check --faults") from error
    return parse_script(text, name=str(path))


if __name__ == "__main__":
    sys.exit(main())
