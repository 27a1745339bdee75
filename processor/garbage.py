"""How often Python looks for garbage that only a search can find."""

import gc


def search_seldom() -> None:
    """Search after every 100,000 new objects instead of 700, and old ones hardly ever.

    Messages and rows come by the ten thousand, live for a moment and make no cycles: searching
    for cycles among them costs a tenth of the archive's rate, and a sixth of what it takes to serve
    10,000 viewers, each of them tasks and buffers that the search would visit.
    """
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
