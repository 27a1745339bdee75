"""Measures the memory of connections in the kernel."""

import re
import socket
import struct
from pathlib import Path

_SO_MEMINFO = 55
"""<linux/sock_diag.h>: nine numbers; Python has no name for it."""

_MEMINFO = struct.Struct("9I")
_PAGE_BYTES = 4096


def sockets_bytes() -> int:
    """Return the memory of the queues of this process's own TCP sockets."""
    return sum(_queue_bytes(number) for number in _sockets())


def machine_tcp_bytes() -> int:
    """Return the memory of all TCP queues of the machine, of both ends of local connections."""
    found = re.search(r"^TCP:.* mem (\d+)", Path("/proc/net/sockstat").read_text(), re.MULTILINE)
    return int(found[1]) * _PAGE_BYTES if found else 0


def machine_slab_bytes() -> int:
    """Return the memory of the kernel's own structures: sockets, files, timers and all others."""
    found = re.search(r"^Slab:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def _sockets() -> list[int]:
    entries = Path("/proc/self/fd").iterdir()
    return [int(entry.name) for entry in entries if _is_socket(entry)]


def _is_socket(entry: Path) -> bool:
    try:
        return str(entry.readlink()).startswith("socket:")
    except OSError:  # the folder itself was open while it was listed
        return False


def _queue_bytes(number: int) -> int:
    with socket.socket(fileno=socket.dup(number)) as connection:
        if connection.family not in {socket.AF_INET, socket.AF_INET6}:
            return 0
        info = connection.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
    received, _, _, _, ahead, queued, *_ = _MEMINFO.unpack(info)
    return int(received + ahead + queued)
