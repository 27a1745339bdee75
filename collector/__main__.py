"""`python -m collector`: the command line of the collector."""

import argparse
import sys
from pathlib import Path

from configuration.freed_memory import limit_freed_memory

_DESCRIPTION = """\
Poll the OpenSky Network and publish every new state vector to the Kafka topic telemetry.raw.

The pace follows the account's credits, so that a day never runs out of them. After an outage
the missing time, up to an hour, is requested afterwards (with credentials only).
"""

_EPILOG = """\
commands:
  run     (default) poll until SIGTERM or Ctrl-C
  check   send one request, and show credentials, credits, areas and what they cost, and by how
          much this host's clock differs; Kafka is not needed

settings:
  config.yaml in the current folder, or the file of --config, explains each of them; an
  environment variable SECTION_KEY comes before the file:
    OPENSKY_CREDENTIALS_FILE         the credentials.json of OpenSky's account page
    OPENSKY_CLIENT_ID, OPENSKY_CLIENT_SECRET   instead of that file
    OPENSKY_AREAS                    boxes instead of the globe, as JSON or YAML
    KAFKA_BOOTSTRAP_SERVERS          host:port of the broker
    HTTP_COLLECTOR_METRICS_PORT      serve Prometheus metrics there
    LOG_LEVEL, LOG_FORMAT            debug to error; console or json

example:
  OPENSKY_CREDENTIALS_FILE=credentials.json KAFKA_BOOTSTRAP_SERVERS=localhost:9092 \\
    python -m collector
  python -m collector check

signals:
  SIGTERM and SIGINT end the running request and deliver what was fetched; a second one hurries.

exit codes:
  0  stopped by a signal, everything delivered
  1  OpenSky refuses the credentials, the topic cannot be used, or messages were left undelivered;
     of check: OpenSky cannot be used as things are, or something needs attention
  2  the settings cannot be used
"""


def main(arguments: list[str] | None = None) -> int:
    """Read the settings and run the collector; return the exit code."""
    options = _parser().parse_args(arguments)
    limit_freed_memory()
    # --help needs none of it.
    from collector.start import start  # noqa: PLC0415

    return start(options.command, options.config)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m collector",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", nargs="?", default="run", choices=["run", "check"])
    parser.add_argument("--config", type=Path, metavar="PATH", help="a config.yaml to read")
    return parser


if __name__ == "__main__":
    sys.exit(main())
