"""How soon a thread that computes lets another one run."""

import sys

SWITCH_SECONDS = 0.0005
"""How long a thread may keep the interpreter while another one waits for it. With Python's 5 ms
each of the dozen round trips of a transaction waits for the thread that decodes messages: 70 ms for
ten trips on two busy cores, 35 ms with half a millisecond, for the same processor time."""


def switch_threads_often() -> None:
    """Let the event loop run soon after it is woken, though another thread computes."""
    sys.setswitchinterval(SWITCH_SECONDS)
