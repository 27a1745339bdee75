"""A proxy of the database that loses the acknowledgement of the COMMIT of a batch."""

import re

from testkit.tcp_proxy import TcpProxy

_TABLES = re.compile(rb'COPY ("?staging|"?stored_state_vectors)"?\b')
"""Where the archive copies a batch to; it copies to other tables at its start only."""


class CommitLosingProxy(TcpProxy):
    """Passes everything until `lose(n)`, which resets connections after the next n batches commit.

    The server has carried such a COMMIT out, since its answer is what is thrown away. A batch
    copies rows to a table of `_TABLES`, which distinguishes its transaction from all others.
    """

    def __init__(self, upstream_port: int) -> None:
        super().__init__(upstream_port)
        self.lost = 0
        self._to_lose = 0
        self._is_answer_next = False
        self._has_copied = False

    def lose(self, commits: int) -> None:
        """Lose the acknowledgements of the next commits."""
        self._has_copied = False
        self._to_lose = commits

    def _within_budget(self, data: bytes) -> bytes:
        if self._is_answer_next:
            self._is_answer_next = False
            self.lost += 1
            self._is_cut = True
            self._loop.call_soon(self._cancel_all)
            return b""
        self._has_copied = self._has_copied or _TABLES.search(data) is not None
        if self._to_lose and self._has_copied and b"COMMIT;" in data:
            self._to_lose -= 1
            self._has_copied = False
            self._is_answer_next = True
        return super()._within_budget(data)

    def _cancel_all(self) -> None:
        super()._cancel_all()
        self._is_cut = False
