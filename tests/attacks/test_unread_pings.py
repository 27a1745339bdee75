"""What the server writes in answer to a client waits for the client to take it."""

import pytest

from testkit.attack import ATTACK_S, Attack
from testkit.raw_attackers import attackers, send_for

pytestmark = pytest.mark.alone

HANDSHAKE = (
    b"GET /ws/flights?bbox=0,0,1,1 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
    b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
LARGE_PING = b"\x89\xfd" + bytes(4) + 125 * b"x"
EMPTY_PING = b"\x89\x80" + bytes(4)
MESSAGE = b"\x81\x82" + bytes(4) + b"{}"


@pytest.mark.parametrize(
    "frame",
    [LARGE_PING, EMPTY_PING, MESSAGE],
    ids=["large pings", "empty pings", "messages"],
)
def test_frames_of_clients_that_never_read(attack: Attack, frame: bytes) -> None:
    """Twenty of them, as fast as they can."""
    with (
        attack.under_way(),
        attackers(attack.port, 20, begins=HANDSHAKE, repeats=frame, is_answered=True) as made,
    ):
        send_for(ATTACK_S, made)
    attack.verify()


def test_requests_of_clients_that_never_read(attack: Attack) -> None:
    """Twenty of them, which send requests ahead without end."""
    request = b"GET /api/flights HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with (
        attack.under_way(),
        attackers(attack.port, 20, begins=request, repeats=request) as made,
    ):
        send_for(ATTACK_S, made)
    attack.verify()
