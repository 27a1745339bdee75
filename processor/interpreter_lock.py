"""How soon a thread that computes lets another one have the interpreter."""

import sys

SWITCH_SECONDS = 0.0005


def share_quickly() -> None:
    """Let a thread that has something to do wait half a millisecond for another, instead of five.

    A transaction is a dozen questions to the database. After each answer the event loop would wait
    for the thread that decodes the next batch, and the database for the event loop.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
