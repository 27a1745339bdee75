"""The data folder of the embedded database: made, checked and refused with a sentence.

    data folder/
        cluster/      PostgreSQL's own folder, mode 0700, owned by the user the server runs as
        port          the port of the last start, taken again when it is free
        password      of the superuser, readable by the owner only
        pgpass        of the role that the services use, likewise, in libpq's format
        server.log    of this start; server.log.1 is of the start before

EmbeddedDatabaseError
├── UserWithoutNameError
├── FolderNotWritableError
├── FolderNotTraversableError
├── FolderOfAnotherUserError
├── FolderSharedError
├── FolderOfAnotherVersionError
├── FolderInUseError
└── ServerFailedError
"""

import os
import pwd
import stat
import time
from pathlib import Path

from standalone.child import User

_FOLDER_NAME = "opensky-flight-monitor"
# A server whose parent was killed shuts down by itself: it deserves that moment.
_RELEASE_TIMEOUT_S = 3.0
_POLL_S = 0.05

PRIVATE = 0o700
PASSABLE = 0o710
"""Started by root, the server runs as the user `nobody`, whose group may enter the folder but not
list it."""

OURS = frozenset(
    {
        *("cluster", "cluster.new", "port", "password", "pgpass", "pgpass.new", "lock", "logs"),
        *("server.log", "server.log.1", "simulator-credentials.json"),
        # Of the file system, where the folder is one of its own.
        "lost+found",
    }
)
"""What may stand in a data folder."""


class EmbeddedDatabaseError(Exception):
    """The embedded database cannot be used; the message tells why and what to do."""


class UserWithoutNameError(EmbeddedDatabaseError):
    """This process runs as a number that the system knows no user for, as in some containers."""


class FolderNotWritableError(EmbeddedDatabaseError):
    """This user may not create files in the data folder."""


class FolderNotTraversableError(EmbeddedDatabaseError):
    """The user that the server runs as cannot reach the data folder."""


class FolderOfAnotherUserError(EmbeddedDatabaseError):
    """The folder, or the database in it, belongs to another user."""


class FolderSharedError(EmbeddedDatabaseError):
    """The folder is open to other users, and holds more than what is ours to close."""


class FolderOfAnotherVersionError(EmbeddedDatabaseError):
    """The database in the folder was made by another major version of PostgreSQL."""


class FolderInUseError(EmbeddedDatabaseError):
    """Another running server has the database in the folder open."""


class ServerFailedError(EmbeddedDatabaseError):
    """PostgreSQL itself ended with an error."""


def default_data_dir() -> Path:
    """The data folder when none is given: of the machine for root, else of the user."""
    if os.geteuid() == 0:
        return Path("/var/lib") / _FOLDER_NAME
    configured = Path(os.environ.get("XDG_DATA_HOME", ""))
    # The XDG specification: a relative path is to be ignored.
    parent = configured if configured.is_absolute() else Path.home() / ".local/share"
    return parent / _FOLDER_NAME


def server_user() -> User:
    """The user that the server runs as: this one, or `nobody`, as PostgreSQL refuses root.

    Raises:
        UserWithoutNameError: PostgreSQL refuses a user without a name as well.
    """
    if os.geteuid() == 0:
        unprivileged = pwd.getpwnam("nobody")
        return User(unprivileged.pw_uid, unprivileged.pw_gid)
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError as error:
        raise UserWithoutNameError(
            f"user id {os.geteuid()} has no name, which PostgreSQL needs: add a line for it to"
            " /etc/passwd, run as another user, or take an existing database instead"
        ) from error
    return User(os.geteuid(), os.getegid())


def first_untraversable(path: Path, user: User) -> Path | None:
    """The outermost existing folder on the way to `path`, `path` included, closed to `user`."""
    existing = (folder for folder in (*reversed(path.parents), path) if folder.exists())
    return next((folder for folder in existing if not _can_traverse(folder, user)), None)


def _can_traverse(folder: Path, user: User) -> bool:
    status = folder.stat()
    if status.st_uid == user.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == user.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


class DatabaseFolder:
    """The files of one embedded database."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.cluster = self.path / "cluster"
        self.new_cluster = self.path / "cluster.new"
        self.port_file = self.path / "port"
        self.password_file = self.path / "password"
        self.passfile = self.path / "pgpass"
        self.log_file = self.path / "server.log"

    @property
    def has_database(self) -> bool:
        """Whether a database was made here; making one is atomic."""
        return (self.cluster / "PG_VERSION").exists()

    def prepare(self, user: User) -> str | None:
        """Make the folder when it is missing; let `user` pass through, and no one else look in.

        Returns:
            What was changed about a folder that was there, in a sentence.

        Raises:
            FolderNotWritableError: it could not be made, or is closed to this user.
            FolderNotTraversableError: `user` cannot reach it.
            FolderOfAnotherUserError: it is another user's.
            FolderSharedError: it is open to others and holds other things as well.
        """
        self._make()
        if not os.access(self.path, os.W_OK | os.X_OK):
            raise FolderNotWritableError(
                f"the data folder {self.path} is not writable by user id {os.geteuid()}:"
                " choose another data folder or change its owner with chown"
            )
        changed = self._close_to_others(user)
        if closed := first_untraversable(self.path, user):
            raise FolderNotTraversableError(
                f"the data folder {self.path} cannot be reached by user id {user.uid}, which the"
                f" database server runs as: run `chmod a+x {closed}` or choose another data folder"
            )
        return changed

    def _close_to_others(self, user: User) -> str | None:
        """Leave the folder to this user, and as root the way through it to `user`."""
        status = self.path.stat()
        if status.st_uid != os.geteuid():
            raise FolderOfAnotherUserError(
                f"the data folder {self.path} belongs to user id {status.st_uid}, who could change"
                f" what is in it, and this is user id {os.geteuid()}: choose another data folder or"
                " change its owner with chown"
            )
        mode, group = stat.S_IMODE(status.st_mode), status.st_gid
        wanted = (PRIVATE, group) if user.uid == status.st_uid else (PASSABLE, user.gid)
        if (mode, group) == wanted:
            return None
        is_open = bool(mode & ~PRIVATE)
        if is_open:
            self._refuse_strangers(mode)
        os.chown(self.path, -1, wanted[1])
        self.path.chmod(wanted[0])
        if not is_open:
            return None
        return (
            f"the data folder {self.path} was open to other users (mode {mode:o}); it is closed to"
            f" them now (mode {wanted[0]:o})"
        )

    def _refuse_strangers(self, mode: int) -> None:
        """Refuse to close a folder that serves for other things, such as /tmp."""
        strangers = sorted(path.name for path in self.path.iterdir() if path.name not in OURS)
        if strangers:
            raise FolderSharedError(
                f"the data folder {self.path} is open to other users (mode {mode:o}) and holds"
                f" other things, such as {strangers[0]}: choose a folder of its own, or close this"
                f" one with `chmod 700 {self.path}`"
            )

    def _make(self) -> None:
        missing = [folder for folder in (self.path, *self.path.parents) if not folder.exists()]
        # On the way to the folder of root's database the server's user has to pass through.
        way = 0o755 if os.geteuid() == 0 else PRIVATE
        try:
            for folder in reversed(missing):
                folder.mkdir(exist_ok=True)
                folder.chmod(PRIVATE if folder == self.path else way)
        except OSError as error:
            raise FolderNotWritableError(
                f"the data folder {self.path} could not be made ({error.strerror}"
                f" at {error.filename}): choose another data folder"
            ) from error

    def check_database(self, user: User, major_version: str) -> None:
        """Refuse a database that this server cannot or must not open.

        Raises:
            FolderOfAnotherUserError: PostgreSQL insists on owning its folder.
            FolderOfAnotherVersionError: its format belongs to another major version.
        """
        owner = self.cluster.stat().st_uid
        if owner != user.uid:
            raise FolderOfAnotherUserError(
                f"the database in {self.path} belongs to user id {owner}, but the server would run"
                f" as user id {user.uid}: start it as that user or choose another data folder"
            )
        made_by = (self.cluster / "PG_VERSION").read_text().strip()
        if made_by != major_version:
            raise FolderOfAnotherVersionError(
                f"the database in {self.path} was made by PostgreSQL {made_by}, this is PostgreSQL"
                f" {major_version}: carry it over with pg_dump of version {made_by}, or choose"
                " another data folder"
            )

    def release_from_dead_server(self) -> None:
        """Wait for a server that is just ending, and remove what a killed one left behind.

        Raises:
            FolderInUseError: a server keeps running in the folder.
        """
        deadline = time.monotonic() + _RELEASE_TIMEOUT_S
        while pids := _server_processes(self.cluster):
            if time.monotonic() > deadline:
                raise FolderInUseError(
                    f"the database in {self.path} is in use by the running server with process id"
                    f" {min(pids)}: stop that one or choose another data folder"
                )
            time.sleep(_POLL_S)
        # PostgreSQL refuses a stale file whose process id now belongs to some other program,
        # which is the rule, not the exception, after a restart of a container.
        if Path("/proc/self").exists():
            (self.cluster / "postmaster.pid").unlink(missing_ok=True)

    def remembered_port(self) -> int | None:
        """The port of the last start."""
        try:
            return int(self.port_file.read_text())
        except (FileNotFoundError, ValueError):
            return None

    def last_log_line(self) -> str:
        """The line of the log that tells best why the server ended."""
        lines = self.log_file.read_text(errors="replace").splitlines()
        telling = [line for line in lines if "FATAL" in line or "error" in line.lower()]
        return (telling or lines or ["no message"])[-1].strip()


def _server_processes(cluster: Path) -> list[int]:
    """The PostgreSQL processes whose working folder is `cluster`: the server and its children."""
    place = cluster.resolve()
    return [int(process.name) for process in Path("/proc").glob("[0-9]*") if _is_in(process, place)]


def _is_in(process: Path, place: Path) -> bool:
    try:
        is_server = (process / "comm").read_text().strip() == "postgres"
        return is_server and (process / "cwd").readlink() == place
    except OSError:
        # It ended meanwhile, or is another user's.
        return False
