"""Tune how often Python searches for cyclic garbage, and which memory returns to the system."""

import contextlib
import ctypes
import gc

M_MMAP_THRESHOLD = -3
"""The number of this option in <malloc.h>."""

LARGE_BLOCK_BYTES = 1024 * 1024
"""Bytes from which on a block has pages of its own: whole answers and events. Frames of a stream
are smaller: each is copied for each subscriber, and new pages for every copy would cost three times
what sending it costs."""


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


def return_large_blocks() -> None:
    """Give large blocks pages of their own, which return to the system as soon as they are freed.

    By default glibc raises the limit to 32 MB once such a block was freed. Answers of megabytes
    then leave holes in its heap: a burst of them kept three times the memory that they needed.
    Other C libraries have no such limit, and nothing is changed there.
    """
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES)
