"""Errors of a schema registry, named by what the caller must do."""


class RegistryUnavailableError(Exception):
    """The registry does not answer: try again, and judge no message meanwhile."""


class RegistryRefusedError(Exception):
    """The registry does not take a schema: an operator must act."""


class RegistryUnusableError(Exception):
    """Framed messages cannot be read here until an operator acts; the text says how."""
