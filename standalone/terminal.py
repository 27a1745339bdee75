"""Write to the user, and continue in silence once the output is closed."""

import os
import sys
from typing import TextIO


def write(stream: TextIO, text: str) -> None:
    """Write and flush; a closed terminal or pipe must not end what runs on behalf of others."""
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        # What is still in the buffer would fail again, and at last turn the exit code into 120.
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device, not a path
            os.dup2(nowhere.fileno(), stream.fileno())


def say(text: str) -> None:
    """Write a line that is not the command's result."""
    write(sys.stderr, f"{text}\n")
