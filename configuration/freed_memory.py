"""Limit how much freed memory glibc keeps for a process."""

import contextlib
import ctypes

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
"""The numbers of these options in <malloc.h>."""

LARGE_BLOCK_BYTES = 1024 * 1024
"""Bytes from which on a block has pages of its own: whole answers and events. Frames of a stream
are smaller: each is copied for each subscriber, and new pages for every copy would cost three times
what sending it costs."""

ARENAS = 2
"""Areas that glibc allocates from. It makes eight for each core, gives each new thread another one,
and keeps what was freed in it for that one. Kafka's clients make a thread for each broker. After
some faults a collector at ten times the usual load held 850 MB and used 50. One, two and sixteen
made no difference to the rate of the archive that exceeds the spread of its benchmark."""


def limit_freed_memory() -> None:
    """Return large blocks to the system as soon as they are freed, and let threads share the rest.

    By default glibc raises the limit of large blocks to 32 MB once such a block was freed. Answers
    of megabytes then leave holes in its heap: a burst of them kept three times the memory that they
    needed. Other C libraries have no such options, and nothing is changed there.
    """
    with contextlib.suppress(AttributeError, OSError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES)
        mallopt(M_ARENA_MAX, ARENAS)
