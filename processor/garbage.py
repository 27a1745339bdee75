"""How often Python looks for garbage that only a search can find."""

import gc


def search_seldom() -> None:
    """Search after every 20,000 new objects instead of 700, and old ones hardly ever.

    Messages and rows come by the ten thousand, live for a moment and make no cycles: searching
    for cycles among them costs a tenth of the archive's rate.
    """
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
