"""What must hold before anything is started: each failure is one sentence with its remedy."""

import asyncio
import fcntl
import os
import socket
from pathlib import Path
from typing import IO

import asyncpg
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from collector.credentials import find_credentials
from collector.settings import OpenSkySettings, find_plaintext_opensky
from configuration.database_url import check_url, has_password, without_password
from configuration.shared_sections import KafkaSettings
from configuration.transport_security import (
    check_plaintext,
    find_plaintext_database,
    find_plaintext_kafka,
)
from kafka_client.errors import BrokerErrors
from kafka_client.refusals import refuse_unusable
from standalone.child import User
from standalone.database_folder import DatabaseFolder, server_user
from standalone.database_programs import check_installed
from standalone.errors import RefusedError
from standalone.options import Options
from standalone.settings import AllSettings
from standalone.terminal import say

_ANSWER_SECONDS = 5.0


def check(options: Options, settings: AllSettings) -> None:
    """Check all that the user gave, the cheapest first.

    Raises:
        RefusedError: Naming the first thing at fault, its value and the remedy.
        SettingsError: The credentials for OpenSky cannot be used.
        EmbeddedDatabaseError: The data folder cannot be used, or PostgreSQL is not installed.
    """
    if options.database is None:
        check_installed()
    check_port(settings.http.host, options.port)
    for path in options.replay:
        _check_readable(path)
    if options.opensky:
        find_credentials(settings.opensky)
    _check_transport(options, settings)
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


def _check_readable(recording: Path) -> None:
    try:
        with recording.open("rb"):
            pass
    except OSError as error:
        raise RefusedError(
            f"the recording {recording} cannot be read ({error.strerror}): give --replay the path"
            " of a file"
        ) from error


def _check_transport(options: Options, settings: AllSettings) -> None:
    """Warn of what other machines or users could read of the connections that the user gave."""
    found = find_plaintext_opensky(settings.opensky) if options.opensky else []
    if options.kafka is not None:
        update = {"bootstrap_servers": options.kafka}
        found += find_plaintext_kafka(settings.kafka.model_copy(update=update))
    if options.database is not None:
        _check_url(options.database)
        found += find_plaintext_database(options.database)
    for each in check_plaintext(settings.security, found):
        say(f"warning: {each}")


def _check_url(url: str) -> None:
    try:
        check_url(url)
    except ValueError as error:
        raise RefusedError(_unusable(url, str(error))) from error
    if has_password(url):
        say(
            "warning: the password in --database can be read by every user of this machine in the"
            " list of processes: leave it out and set PGPASSFILE, or add ?passfile=FILE"
        )


def _prepare_data_dir(options: Options) -> None:
    # Without the embedded database only this user has to reach it.
    is_embedded = options.database is None
    user = server_user() if is_embedded else User(os.geteuid(), os.getegid())
    if changed := DatabaseFolder(options.data_dir).prepare(user):
        say(f"warning: {changed}")


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
        raise RefusedError(_unusable(url, str(error) or type(error).__name__)) from error


def _unusable(url: str, reason: str) -> str:
    return (
        f"the database {without_password(url, mark=':***')} cannot be used ({reason}): start it,"
        " correct --database, or leave it out to have one embedded"
    )


async def _connect_once(url: str) -> None:
    connection = await asyncpg.connect(url, timeout=_ANSWER_SECONDS)
    await connection.close()
