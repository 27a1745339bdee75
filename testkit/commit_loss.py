"""A proxy of the database that loses the acknowledgement of the COMMIT of a batch."""

import re

from testkit.fault_record import record_faults
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
        self._committing: object | None = None
        """The client whose next answer is thrown away; others may send something before it."""
        self._has_copied: object | None = None
        """The client that has copied rows in the transaction before its next COMMIT."""

    def lose(self, commits: int) -> None:
        """Lose the acknowledgements of the next commits."""
        record_faults(commits)
        self._has_copied = None
        self._to_lose = commits

    def _to_pass(self, data: bytes, *, client: object, is_answer: bool) -> bytes:
        if is_answer and client is self._committing:
            self._committing = None
            self.lost += 1
            self._is_cut = True
            self._loop.call_soon(self._cancel_all)
            return b""
        if not is_answer and self._to_lose:
            self._look_for_commit(data, client)
        return super()._to_pass(data, client=client, is_answer=is_answer)

    def _look_for_commit(self, request: bytes, client: object) -> None:
        if _TABLES.search(request):
            self._has_copied = client
        if client is self._has_copied and b"COMMIT;" in request:
            self._to_lose -= 1
            self._has_copied = None
            self._committing = client

    def _cancel_all(self) -> None:
        super()._cancel_all()
        self._is_cut = False
