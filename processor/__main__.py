"""Entry of the processor: reads the arguments, then imports what the command needs."""

import sys

from configuration.freed_memory import limit_freed_memory
from processor.command_line import read_arguments
from processor.garbage_collection import pause_gc, tune_gc
from processor.thread_switching import switch_threads_often


def main() -> int:
    """Run the command and return the exit code."""
    arguments = read_arguments()
    tune_gc()
    # Searches would take a fifth of the time of the imports.
    pause_gc()
    switch_threads_often()
    limit_freed_memory()
    from processor.commands import execute

    return execute(arguments)


if __name__ == "__main__":
    sys.exit(main())
