"""What every test of an attack relies on: a server that stands still is noticed."""

import os
import signal
import time

import pytest

from testkit.attack import Attack


@pytest.mark.alone
def test_a_server_that_stands_still_is_noticed_and_a_quiet_one_is_not() -> None:
    """By its subscribers and by `/health`."""
    with Attack(aircraft=300) as attack:
        with attack.under_way():
            pass
        attack.verify()
        with attack.under_way():
            os.kill(attack.server.pid, signal.SIGSTOP)
            time.sleep(2)
            os.kill(attack.server.pid, signal.SIGCONT)
        stopped = attack.phase("attack")
        assert stopped.slowest_health_s > 1
        assert stopped.p99_delay_s > 1
        with pytest.raises(AssertionError):
            attack.verify()
