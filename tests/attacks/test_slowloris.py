"""5,000 requests that are begun and never end cost others nothing, and are closed after 10 s."""

import pytest

from processor.http.server.request_refusals import REQUEST_SECONDS
from testkit.attack import ATTACKER, Attack
from testkit.open_files import too_few_files_reason
from testkit.process_resources import allow_open_files
from testkit.raw_attackers import attackers, end_of

pytestmark = pytest.mark.alone

CONNECTIONS = 5_000
HEAD = b"GET /sse/flights HTTP/1.1\r\nHost: localhost\r\nX-A: "
MANY_ADDRESSES = [f"127.0.1.{number}" for number in range(1, 51)]


@pytest.mark.parametrize("addresses", [[ATTACKER], MANY_ADDRESSES], ids=["one", "fifty"])
def test_requests_that_never_end(attack: Attack, addresses: list[str]) -> None:
    """From one address only its share stays open; from many all do, until the deadline."""
    allow_open_files()
    if reason := too_few_files_reason(CONNECTIONS + 100):
        pytest.skip(reason)
    with (
        attack.under_way(),
        attackers(attack.port, CONNECTIONS, begins=HEAD, repeats=b"a", addresses=addresses) as made,
    ):
        for attacker in made:
            attacker.send()
        for attacker in made:
            end_of(attacker, timeout_s=2 * REQUEST_SECONDS)
    attack.verify()
