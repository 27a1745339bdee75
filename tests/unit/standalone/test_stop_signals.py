"""The first signal stops, the second hurries; both wake the tasks that wait."""

import os
import signal
import threading
import time

import pytest

from standalone.stop_signals import StopSignals


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def state(signals: StopSignals) -> tuple[bool, bool]:
    return signals.has_stopped, signals.is_hurried


def test_first_stops_second_hurries() -> None:
    """SIGTERM counts like Ctrl-C."""
    signals = StopSignals()
    with signals.watched():
        assert state(signals) == (False, False)
        press()
        assert state(signals) == (True, False)
        os.kill(os.getpid(), signal.SIGTERM)
        assert state(signals) == (True, True)


def test_waiting_ends_with_the_signal() -> None:
    """Not at the end of the time."""
    signals = StopSignals()
    with signals.watched():
        began = time.monotonic()
        timer = threading.Timer(0.1, press)
        timer.start()
        signals.wait(20)
        timer.join()
    assert time.monotonic() - began < 5
    assert signals.has_stopped


def test_first_signal_interrupts_the_start_and_no_second_one_the_stop() -> None:
    """The stop has an order of its own to keep."""
    signals = StopSignals()
    with signals.watched():
        with pytest.raises(KeyboardInterrupt), signals.interrupting():
            press()
        press()
    assert signals.is_hurried


def test_handlers_of_before_come_back() -> None:
    """The caller gets its own handler of Ctrl-C back."""
    before = signal.getsignal(signal.SIGINT)
    with StopSignals().watched():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before


def test_what_nohup_ignores_stays_ignored() -> None:
    """A closed terminal does not end what was meant to outlive it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with StopSignals().watched():
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
