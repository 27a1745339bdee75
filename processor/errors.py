"""What can go wrong in the processor, by what must be done about it.

ProcessorError
├── StoppedError        the service is stopping: leave the work, it is still in the log
├── UnavailableError    the broker or the database does not answer: wait, ask again
├── ClockDoubtError     the clocks here may be wrong: store nothing, wait, look again
├── OverloadedError     every place that this client may have is in use: it is to come back later
└── FatalError          this half cannot go on: end its work, say why, try again with the other half
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
    """This half cannot go on: end its work, say why; the supervisor decides what follows."""


class LostLogError(FatalError):
    """The log is not the one, or not all, that was being stored."""


class PoisonedLogError(FatalError):
    """Too many malformed messages to be chance."""


class SchemaError(FatalError):
    """The database has not the tables of this version."""
