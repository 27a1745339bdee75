"""Valid messages, each of another day between 2000 and 2100, do not stop the archive."""

import time

import pytest

from telemetry.codec import encode
from testkit import databases
from testkit.deployment import Deployment
from testkit.fault_record import record_faults
from testkit.migration import migrate
from testkit.producer import Outgoing
from testkit.queries import fetch_value
from testkit.state_vectors import state_vector

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database, pytest.mark.timeout(300)]

DAY = 86_400
IN_2000 = 946_684_800
DAYS = 36_500


def _message(icao24: str, last_contact: int) -> Outgoing:
    return Outgoing(encode(state_vector(icao24, last_contact)), icao24.encode())


@pytest.fixture(params=["timescale", "embedded"])
def any_stage(deployment: Deployment, request: pytest.FixtureRequest) -> Deployment:
    """Give a stage on each kind of database; state vectors are kept for ever."""
    if request.param == "embedded":
        deployment.database_url = databases.create_database(
            request.getfixturevalue("embedded_server")
        )
        migrate(deployment.database_url)
    return deployment


@pytest.mark.parametrize(
    "messages", [4_000, pytest.param(12_000, marks=[pytest.mark.nightly, pytest.mark.timeout(900)])]
)
def test_days_without_end_are_stored_or_set_aside_and_the_archive_goes_on(
    any_stage: Deployment, messages: int
) -> None:
    """Those of the past are stored, in parts of a bounded number; a normal message follows."""
    days = [IN_2000 + number * (DAYS // messages) * DAY for number in range(messages)]
    any_stage.publish(_message(f"{number:06x}", day) for number, day in enumerate(days))
    record_faults(messages)
    archive = any_stage.archive()
    any_stage.wait_until_stored(timeout_s=200)
    now = int(time.time())
    any_stage.publish([_message("ffffff", now)])
    any_stage.wait_until_stored()
    dsn = any_stage.database_url
    n_past = sum(day <= now for day in days)
    assert fetch_value(dsn, "SELECT count(*) FROM state_vectors") == n_past + 1
    assert fetch_value(dsn, "SELECT count(*) FROM dead_letters") == messages - n_past
    assert fetch_value(dsn, "SELECT count(*) FROM parts_of('stored_state_vectors')") < 800
    assert archive.stop() == 0
    audited = any_stage.audit()
    assert audited.returncode == 0, audited.stdout + audited.stderr
