"""What ends the command with a sentence for the user.

StandaloneError
├── RefusedError      before anything was started
├── ChildDiedError    a part ended by itself
└── ServingError      a part runs, but does not do what it must
"""


class StandaloneError(Exception):
    """The command cannot go on; the message tells why and what to do."""


class RefusedError(StandaloneError):
    """What the user asked for cannot be done: change it and try again."""


class ChildDiedError(StandaloneError):
    """A child process ended without being stopped."""


class ServingError(StandaloneError):
    """A part does not do what the others need."""
