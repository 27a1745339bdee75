"""What must hold before anything is started: each failure is one sentence with its remedy."""

import asyncio
import fcntl
import os
import socket
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import asyncpg
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from collector.credentials import find_credentials
from standalone.database_folder import DatabaseFolder, server_user
from standalone.errors import RefusedError
from standalone.options import Options
from telemetry.kafka_errors import BrokerErrors
from telemetry.kafka_refusals import refuse_unusable
from telemetry.settings import AccessSettings, KafkaSettings, OpenSkySettings, Settings

_ANSWER_SECONDS = 5.0


def check(options: Options, settings: Settings) -> None:
    """Check all that the user gave, the cheapest first.

    Raises:
        RefusedError: Naming the first thing at fault, its value and the remedy.
        SettingsError: The credentials for OpenSky cannot be used.
        EmbeddedDatabaseError: The data folder cannot be used.
    """
    check_port(settings.http.host, options.port)
    _check_access(settings.access)
    for path in options.replay:
        _check_readable(path)
    if options.opensky:
        find_credentials(settings.opensky)
    _prepare_data_dir(options)
    if options.kafka is not None:
        _check_kafka(settings.kafka.model_copy(update={"bootstrap_servers": options.kafka}))
    if options.database is not None:
        _check_database(options.database)


def has_credentials(settings: OpenSkySettings) -> bool:
    """Whether OpenSky would be asked as an account."""
    return find_credentials(settings) is not None


def lock_data_dir(data_dir: Path) -> IO[bytes]:
    """Keep a second one out of the folder until the file that is returned is closed.

    Raises:
        RefusedError: One is at work there already.
    """
    lock = (data_dir / "lock").open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise RefusedError(
            f"the data folder {data_dir} is in use by another `python -m standalone`: stop that"
            " one or choose another folder with --data-dir"
        ) from None
    return lock


def check_port(host: str, port: int) -> None:
    """Refuse a port that the processor could not take.

    Raises:
        RefusedError: It is taken, or not for this user.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            # Without listening the system lets two sockets have the port.
            probe.listen()
        except OSError as error:
            raise RefusedError(
                f"port {port} of {host} cannot be listened on ({error.strerror}): free it or"
                " choose another with --port"
            ) from error


def _check_access(settings: AccessSettings) -> None:
    if settings.mode == "required":
        raise RefusedError(
            "access.mode is required, and this command has no key to read the processor's metrics"
            " with: start the services one by one, or take access.mode and its keys away"
        )


def _check_readable(recording: Path) -> None:
    try:
        with recording.open("rb"):
            pass
    except OSError as error:
        raise RefusedError(
            f"the recording {recording} cannot be read ({error.strerror}): give --replay the path"
            " of a file"
        ) from error


def _prepare_data_dir(options: Options) -> None:
    if options.database is None:
        DatabaseFolder(options.data_dir).prepare(server_user())
        return
    # Without the embedded database only this user has to reach it.
    try:
        options.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RefusedError(
            f"the data folder {options.data_dir} could not be made ({error.strerror}): choose"
            " another with --data-dir"
        ) from error
    if not os.access(options.data_dir, os.W_OK | os.X_OK):
        raise RefusedError(
            f"the data folder {options.data_dir} is not writable: choose another with --data-dir"
        )


def _check_kafka(settings: KafkaSettings) -> None:
    refuse_unusable(settings)
    errors = BrokerErrors(settings, client="standalone")
    client = AdminClient({**errors.client_config(), "log_level": 0})
    try:
        client.list_topics(timeout=_ANSWER_SECONDS)
    except KafkaException as error:
        client.poll(0)  # it names the cause when it is polled
        raise RefusedError(
            f"the broker cannot be used: {errors.explain(error.args[0])}. Start it, correct"
            " --kafka, or leave it out to have one embedded"
        ) from error


def _check_database(url: str) -> None:
    try:
        asyncio.run(_connect_once(url))
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError) as error:
        reason = str(error) or type(error).__name__
        raise RefusedError(
            f"the database {_without_password(url)} cannot be used ({reason}): start it, correct"
            " --database, or leave it out to have one embedded"
        ) from error


async def _connect_once(url: str) -> None:
    connection = await asyncpg.connect(url, timeout=_ANSWER_SECONDS)
    await connection.close()


def _without_password(url: str) -> str:
    try:
        password = urlsplit(url).password
    except ValueError:
        return "of --database"
    return url.replace(f":{password}@", ":***@") if password else url
