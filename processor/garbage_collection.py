"""Tune how often Python searches for cyclic garbage."""

import gc


def tune_gc() -> None:
    """Search after every 100,000 new objects instead of 700, and among old ones hardly ever.

    Messages and rows come by the ten thousand, live for a moment and form no cycles. Searching for
    cycles among them costs a tenth of the archive's rate, and a sixth of the time to serve 10,000
    subscribers, whose tasks and buffers the search would visit.
    """
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def pause_gc() -> None:
    """Search for no garbage until `keep_from_gc`: a start makes objects that stay to the end."""
    gc.disable()


def keep_from_gc() -> None:
    """Exclude all objects that exist now from later searches, which take place again."""
    gc.freeze()
    gc.enable()
