"""The refusal of what would be more than a bound allows."""


class OverloadedError(Exception):
    """One viewer too many: tell it why, and to come back later."""
