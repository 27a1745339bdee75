"""What can go wrong in the processor, by what must be done about it.

ProcessorError
├── StoppedError        the service is stopping: leave the work, it is still in the log
├── UnavailableError    the broker or the database does not answer: wait, ask again
├── ClockDoubtError     the clocks here may be wrong: store nothing, wait, look again
└── FatalError          nothing may be stored any more: stop, and tell the operator why
    ├── LostLogError        the log is not the one, or not all, that was being stored
    ├── PoisonedLogError    too many malformed messages to be chance
    └── SchemaError         the database has not the tables of this version
"""


class ProcessorError(Exception):
    """Base of all."""


class StoppedError(ProcessorError):
    """The service is stopping: leave the work, it is still in the log."""


class UnavailableError(ProcessorError):
    """The broker or the database does not answer: wait, ask again."""


class ClockDoubtError(ProcessorError):
    """The clocks here may be wrong: store nothing, wait, look again."""


class FatalError(ProcessorError):
    """Nothing may be stored any more: stop, and tell the operator why."""


class LostLogError(FatalError):
    """The log is not the one, or not all, that was being stored."""


class PoisonedLogError(FatalError):
    """Too many malformed messages to be chance."""


class SchemaError(FatalError):
    """The database has not the tables of this version."""
