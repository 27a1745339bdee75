"""The settings of the children, as environment variables over the user's config.yaml."""

import json
import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from collector.settings import OpenSkySettings
from configuration.shared_sections import AccessSettings
from standalone.options import DEFAULT_INTERVAL_SECONDS, Options
from standalone.settings import AllSettings

PROJECT = Path(__file__).parent.parent

_SIMULATED_CLIENT = {"client_id": "simulator", "client_secret": "simulator"}
_CREDITS = 1_000_000_000
"""So many that polls each second do not run out of them in a year."""

_FASTEST_POLL_SECONDS = 1.0

_ROWS_PER_MESSAGE = 500
"""What only this program's own collector and processor read needs no key for each row, and costs
less this way."""


def simulator_arguments(options: Options, port: int) -> list[str]:
    """Return the simulator's command line."""
    sky = ["--aircraft", str(options.aircraft)]
    if options.replay:
        sky = ["--replay", *map(str, options.replay)]
    interval = options.interval_seconds
    pace = [] if interval is None else ["--interval", str(interval)]
    return ["simulator", "--port", str(port), "--credits", str(_CREDITS), *sky, *pace]


def choose_metrics_token(access: AccessSettings) -> str | None:
    """Return what admits this program to the processor's metrics; None where all are admitted."""
    if access.mode != "required":
        return None
    given = access.metrics_token
    return secrets.token_urlsafe() if given is None else given.get_secret_value()


def children_environment(
    options: Options,
    settings: AllSettings,
    *,
    bootstrap_servers: str,
    database_url: str,
    metrics_token: str | None,
) -> dict[str, str]:
    """Return the environment of every child: the user's own, and what overrides it."""
    # The children find our packages wherever this was started.
    paths = [str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap_servers,
        "KAFKA_TOPIC": settings.kafka.topic,
        "DATABASE_URL": database_url,
        "HTTP_PORT": str(options.port),
    }
    if metrics_token is not None:
        environment["ACCESS_METRICS_TOKEN"] = metrics_token
    if options.kafka is None:
        # What the user's own cluster asks for, the embedded broker does not speak.
        environment |= {"KAFKA_SECURITY_PROTOCOL": "PLAINTEXT", "KAFKA_PROPERTIES": "{}"}
        # Its groups take 3 s to form, and no other collector uses it.
        environment["KAFKA_COLLECTOR_STANDBY"] = "false"
        if settings.kafka.rows_per_message is None:
            environment["KAFKA_ROWS_PER_MESSAGE"] = str(_ROWS_PER_MESSAGE)
    return environment


def simulated_opensky(options: Options, settings: AllSettings, port: int) -> dict[str, str]:
    """Return what makes the collector take the simulator for OpenSky."""
    url = f"http://127.0.0.1:{port}"
    return {
        "OPENSKY_API_URL": f"{url}/api",
        # The simulator imitates OpenSky's path.
        "OPENSKY_TOKEN_URL": url + urlsplit(OpenSkySettings().token_url).path,
        "OPENSKY_MIN_POLL_INTERVAL_SECONDS": str(_poll_seconds(options)),
        "OPENSKY_CREDITS_PER_DAY": str(_CREDITS),
        "NO_PROXY": ",".join(filter(None, ["127.0.0.1", os.environ.get("NO_PROXY")])),
        **_simulated_credentials(options.data_dir, settings.opensky),
    }


def _poll_seconds(options: Options) -> float:
    interval = options.interval_seconds or DEFAULT_INTERVAL_SECONDS
    # Twice as often as a recording changes: polling at its own pace skips an answer now and then.
    return max(_FASTEST_POLL_SECONDS, interval / 2 if options.replay else interval)


def _simulated_credentials(data_dir: Path, settings: OpenSkySettings) -> dict[str, str]:
    """Return the simulator's credentials in the way in which the user gives the real ones.

    A variable can replace a setting of config.yaml but not remove it, and both ways at once are
    refused.
    """
    if settings.credentials_file is None:
        return {f"OPENSKY_{name}".upper(): value for name, value in _SIMULATED_CLIENT.items()}
    file = data_dir / "simulator-credentials.json"
    file.write_text(json.dumps(_SIMULATED_CLIENT))
    return {"OPENSKY_CREDENTIALS_FILE": str(file)}
