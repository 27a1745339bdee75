"""A head of 50 MB freezes nothing: it is refused after 64 KB, before any key is looked at."""

import time

import pytest

from testkit.attack import ATTACK_S, Attack
from testkit.raw_attackers import attackers, end_of, send_for

pytestmark = pytest.mark.alone

HEAD = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize(
    ("begins", "repeats"),
    [
        (b"GET /api/flights?", b"a"),
        (HEAD + b"X: ", b"a"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"a"),
    ],
    ids=["address", "header", "trailer"],
)
def test_a_request_without_an_end(attack: Attack, begins: bytes, repeats: bytes) -> None:
    """Eight clients send as fast as they can, and come again as soon as they are cut off."""
    with attack.under_way():
        ends_at = time.monotonic() + ATTACK_S
        while (left := ends_at - time.monotonic()) > 0:
            with attackers(attack.port, 8, begins=begins, repeats=repeats) as made:
                send_for(min(0.25, left), made)
                for attacker in made:
                    answer = end_of(attacker, timeout_s=5)
                    assert answer[:12] in {
                        b"HTTP/1.1 431",
                        b"HTTP/1.1 413",
                        b"HTTP/1.1 200",
                        b"",
                    }
                    assert attacker.sent_bytes < 50_000_000
    attack.verify()
