"""How often Python looks for garbage that only a search can find, and what memory it gives back."""

import contextlib
import ctypes
import gc

M_MMAP_THRESHOLD = -3
"""Of <malloc.h>."""

LARGE_BLOCK_BYTES = 1024 * 1024
"""A whole answer or event. Pieces of a stream are smaller: each is copied for each subscriber, and
new pages for every copy would cost three times what sending it does."""


def tune_gc() -> None:
    """Search after every 100,000 new objects instead of 700, and old ones hardly ever.

    Messages and rows come by the ten thousand, live for a moment and make no cycles: searching
    for cycles among them costs a tenth of the archive's rate, and a sixth of what it takes to serve
    10,000 viewers, each of them tasks and buffers that the search would visit.
    """
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def give_back_large_blocks() -> None:
    """Let large blocks be pages of their own, which are given back as soon as they are free.

    By itself glibc raises the limit to 32 MB once such a block has been freed. Answers of
    megabytes then leave holes in its heap: a burst of them kept three times the memory that they
    needed. Other libraries for C have no such limit, and nothing is changed there.
    """
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES)
