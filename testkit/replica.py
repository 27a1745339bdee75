"""A streaming replica of a real TimescaleDB server, made by pg_basebackup, promoted at will."""

import os

from testkit.databases import execute
from testkit.queries import fetch_value
from testkit.timescale import Timescale


class Replica(Timescale):
    """A second server that follows the first one until it is promoted.

    Args:
        primary: A server that runs when this one is started for the first time.
    """

    def __init__(self, primary: Timescale) -> None:
        super().__init__(fsync=False)
        self._primary = primary

    def promote(self) -> None:
        """Make it a primary, and return when it takes writes."""
        fetch_value(self.dsn, "SELECT pg_promote()")

    def stop_following(self) -> None:
        """Cut it off from the primary, as a broken network does; it keeps what it has."""
        execute(self.dsn, "ALTER SYSTEM SET primary_conninfo = ''")
        execute(self.dsn, "SELECT pg_reload_conf()")

    def is_behind(self) -> bool:
        """Whether the primary has written what this one has not replayed."""
        written = fetch_value(self._primary.dsn, "SELECT pg_current_wal_lsn()::text")
        behind = "SELECT pg_last_wal_replay_lsn() < $1::text::pg_lsn"
        return bool(fetch_value(self.dsn, behind, written))

    def _make_data(self) -> None:
        self._data.mkdir(mode=0o700)
        os.chown(self._data, self._user.uid, self._user.gid)
        # --write-recovery-conf also makes it a standby.
        options = ["--write-recovery-conf", "--checkpoint=fast", "--wal-method=stream", "--no-sync"]
        source = ["-d", self._primary.dsn, "-D", str(self._data)]
        if self._spawn("pg_basebackup", *source, *options).wait() != 0:
            raise self._failure(f"could not copy the primary into {self._data}")
