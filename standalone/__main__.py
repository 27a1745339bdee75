"""`python -m standalone`: the whole flight monitor on this machine, from one command."""

import sys

from configuration.freed_memory import limit_freed_memory
from standalone.options import read_options


def main(arguments: list[str] | None = None) -> int:
    """Run until a signal and return the exit code."""
    options = read_options(arguments)
    limit_freed_memory()
    # --help needs none of it.
    from standalone.start import start  # noqa: PLC0415

    return start(options)


if __name__ == "__main__":
    sys.exit(main())
