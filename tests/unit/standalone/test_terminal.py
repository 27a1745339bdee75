"""A reader that went away does not end the command."""

import subprocess
import sys

_WRITER = """
import sys
from standalone.terminal import write
sys.stdin.read()
for _ in range(3):
    write(sys.stdout, "line\\n")
"""


def test_closed_pipe_is_no_error() -> None:
    """Exit code 0, as `| head -1` expects it, and no traceback."""
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stdin.close()
        assert process.wait(10) == 0
        assert process.stderr.read() == b""
