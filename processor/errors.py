"""Errors of the processor, named by what the caller must do.

ProcessorError
├── StoppedError        the service is stopping: leave the work, it is still in the log
├── ReconnectError      the broker or the database does not answer: wait, then connect again
├── ClockDoubtError     the clocks here may be wrong: store nothing, wait, read again
└── FatalError          this half cannot continue: end its work; the supervisor starts it again
    ├── LogLostError        the log is another one than was being stored, or has lost messages
    ├── PoisonedLogError    too many messages are malformed to be chance
    └── SchemaError         the database lacks the tables of this version
"""

RESET_OFFSETS = "`python -m processor reset-offsets` keeps what is stored and begins at the oldest"
"""The remedy where the log is another one, or has lost messages."""


class ProcessorError(Exception):
    """Base class of all errors of the processor."""


class StoppedError(ProcessorError):
    """The service is stopping: leave the work, it is still in the log."""


class ReconnectError(ProcessorError):
    """The broker or the database does not answer: wait, then connect again."""


class ClockDoubtError(ProcessorError):
    """The clocks here may be wrong: store nothing, wait, read again."""


class FatalError(ProcessorError):
    """This half cannot continue: end its work; the supervisor decides what follows."""


class LogLostError(FatalError):
    """The log is another one than was being stored, or has lost messages."""


class PoisonedLogError(FatalError):
    """Too many messages are malformed to be chance."""


class SchemaError(FatalError):
    """The database lacks the tables of this version."""
