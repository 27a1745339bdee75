"""The embedded database refuses bad folders in one clear sentence and leaves no orphan."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from standalone import database_programs
from standalone.child import User, spawn
from standalone.database import EmbeddedDatabase
from standalone.database_folder import (
    DatabaseFolder,
    EmbeddedDatabaseError,
    FolderInUseError,
    FolderNotTraversableError,
    FolderNotWritableError,
    FolderOfAnotherUserError,
    FolderOfAnotherVersionError,
    FolderSharedError,
    ServerFailedError,
    default_data_dir,
    first_untraversable,
    server_user,
)
from testkit import databases
from testkit.processes import children_of, wait_until_gone
from testkit.queries import fetch

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may change owners")
needs_user = pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")

_PARENT = """
import sys, time
from pathlib import Path
from standalone.database import EmbeddedDatabase
database = EmbeddedDatabase(Path(sys.argv[1]))
database.start()
print(database.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def made_folder(server_folder: Path) -> Path:
    """Give the folder of a stopped database."""
    with EmbeddedDatabase(server_folder):
        pass
    return server_folder


@pytest.fixture
def parent(server_folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Give another process that runs a database and has printed its process id."""
    command = [sys.executable, "-c", _PARENT, str(server_folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.communicate()


def refusal(folder: Path, error_type: type[EmbeddedDatabaseError]) -> str:
    """Start on `folder` and give the sentence of its refusal."""
    with pytest.raises(error_type) as refused:
        EmbeddedDatabase(folder).start()
    sentence = str(refused.value)
    assert "\n" not in sentence
    return sentence


def test_new_folder_is_made_and_its_port_kept(server_folder: Path) -> None:
    """A person who opens SQL in another window finds the port of yesterday."""
    folder = server_folder / "a" / "b"
    database = EmbeddedDatabase(folder)
    with database:
        first = database.url
        databases.execute(first, "CREATE TABLE kept (n int)")
    assert database.pid is None
    with EmbeddedDatabase(folder) as again:
        assert again.url == first
        databases.execute(again.url, "SELECT n FROM kept")


def test_taken_port_is_replaced_by_a_free_one(made_folder: Path) -> None:
    """Another program on the port is no reason not to start."""
    remembered = int((made_folder / "port").read_text())
    with socket.socket() as other:
        # Connections that have ended keep the port for a minute from those who do not say this.
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", remembered))
        other.listen()
        with EmbeddedDatabase(made_folder) as database:
            assert database.port != remembered
            databases.execute(database.url, "SELECT 1")


def test_other_users_need_the_password(made_folder: Path) -> None:
    """The port is open to every user of the machine, the database is not."""
    assert (made_folder / "password").stat().st_mode & 0o077 == 0
    with EmbeddedDatabase(made_folder) as database:
        password = (made_folder / "password").read_text()
        with pytest.raises(Exception, match="password authentication failed"):
            databases.execute(database.url.replace(password, "guessed"), "SELECT 1")


def test_services_get_an_address_without_a_password(made_folder: Path) -> None:
    """It names a file that only this user may read; the role is kept over restarts."""
    kept = (made_folder / "pgpass").read_text()
    assert (made_folder / "pgpass").stat().st_mode & 0o177 == 0
    with EmbeddedDatabase(made_folder) as database:
        assert kept.strip().rpartition(":")[2] not in database.service_url
        [row] = fetch(
            database.service_url, "SELECT current_user::text, pg_has_role('postgres', 'USAGE')"
        )
        assert row == ("flights", False)
    assert (made_folder / "pgpass").read_text() == kept


@pytest.mark.parametrize("damaged", ["", "127.0.0.1:*:*:flights:", "nonsense"])
def test_a_damaged_password_file_is_made_again(made_folder: Path, damaged: str) -> None:
    """The superuser gives the role another password."""
    (made_folder / "pgpass").write_text(damaged)
    with EmbeddedDatabase(made_folder) as database:
        databases.execute(database.service_url, "SELECT 1")


def test_folder_with_blanks_and_signs_can_be_named_in_an_address(server_folder: Path) -> None:
    """People have such folders."""
    with EmbeddedDatabase(server_folder / "my data & 100%") as database:
        databases.execute(database.service_url, "SELECT 1")


PASSING = 0o710 if os.geteuid() == 0 else 0o700


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def test_new_folder_is_closed_to_others(server_folder: Path) -> None:
    """Only the group of the user that root's server runs as may pass through it."""
    folder = server_folder / "data"
    assert DatabaseFolder(folder).prepare(server_user()) is None
    assert mode_of(folder) == PASSING
    assert folder.stat().st_gid == server_user().gid
    own = server_folder / "logs only"
    assert DatabaseFolder(own).prepare(User(os.geteuid(), os.getegid())) is None
    assert mode_of(own) == 0o700


@pytest.mark.parametrize("mode", [0o755, 0o777, 0o711, 0o750])
def test_folder_of_before_is_closed_and_that_is_said(made_folder: Path, mode: int) -> None:
    """Older versions left it open to all users of the machine."""
    made_folder.chmod(mode)
    said = DatabaseFolder(made_folder).prepare(server_user())
    assert said is not None
    assert f"{made_folder} was open to other users (mode {mode:o})" in said
    assert mode_of(made_folder) == PASSING
    assert DatabaseFolder(made_folder).prepare(server_user()) is None
    with EmbeddedDatabase(made_folder) as database:
        databases.execute(database.url, "SELECT 1")


def test_folder_that_serves_for_other_things_is_not_closed(server_folder: Path) -> None:
    """A shared folder such as /tmp stays open, even if root could close it."""
    (server_folder / "of others").touch()
    sentence = refusal(server_folder, FolderSharedError)
    assert "of others" in sentence
    assert f"chmod 700 {server_folder}`" in sentence
    assert mode_of(server_folder) == 0o755
    server_folder.chmod(0o700)
    EmbeddedDatabase(server_folder).folder.prepare(server_user())


@needs_root
def test_folder_of_another_user_is_refused(server_folder: Path) -> None:
    """Its owner could exchange what is in it."""
    os.chown(server_folder, 12_345, 12_345)
    assert "belongs to user id 12345" in refusal(server_folder, FolderOfAnotherUserError)


def test_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """A path through a file."""
    (tmp_path / "file").touch()
    sentence = refusal(tmp_path / "file" / "data", FolderNotWritableError)
    assert str(tmp_path / "file" / "data") in sentence
    assert "choose another data folder" in sentence


@needs_user
def test_folder_that_is_not_writable_is_refused(server_folder: Path) -> None:
    """The folder belongs to another user."""
    server_folder.chmod(0o555)
    assert f"{server_folder} is not writable" in refusal(server_folder, FolderNotWritableError)


@needs_root
def test_folder_that_the_server_user_cannot_reach_is_refused(server_folder: Path) -> None:
    """PostgreSQL refuses to run as root, and the user `nobody` cannot enter a closed folder."""
    server_folder.chmod(0o700)
    sentence = refusal(server_folder / "data", FolderNotTraversableError)
    assert f"chmod a+x {server_folder}`" in sentence


@needs_root
def test_database_of_another_user_is_refused(made_folder: Path) -> None:
    """Made by an ordinary user, then opened by root, or the other way round."""
    os.chown(made_folder / "cluster", 12_345, 12_345)
    assert "belongs to user id 12345" in refusal(made_folder, FolderOfAnotherUserError)


def test_database_of_another_major_version_is_refused(made_folder: Path) -> None:
    """Its files cannot be read, but can be carried over."""
    (made_folder / "cluster" / "PG_VERSION").write_text("17\n")
    sentence = refusal(made_folder, FolderOfAnotherVersionError)
    assert "made by PostgreSQL 17" in sentence
    assert "pg_dump of version 17" in sentence


def test_database_in_use_is_refused(made_folder: Path) -> None:
    """Two servers on one folder would destroy it."""
    with EmbeddedDatabase(made_folder) as running:
        sentence = refusal(made_folder, FolderInUseError)
        assert f"process id {running.pid}" in sentence
        databases.execute(running.url, "SELECT 1")


def test_broken_database_is_reported_with_the_words_of_the_server(made_folder: Path) -> None:
    """What PostgreSQL says, and where to read the rest."""
    (made_folder / "cluster" / "global" / "pg_control").unlink()
    sentence = refusal(made_folder, ServerFailedError)
    assert "pg_control" in sentence
    assert str(made_folder / "server.log") in sentence


def test_stale_pid_file_of_a_living_process_does_not_stop_the_start(made_folder: Path) -> None:
    """After a restart of a container the old process id belongs to some other program."""
    pid_file = made_folder / "cluster" / "postmaster.pid"
    pid_file.write_text(f"{os.getppid()}\n{made_folder}/cluster\n1\n5432\n\n127.0.0.1\n\nready\n")
    pid_file.chmod(0o644)
    with EmbeddedDatabase(made_folder) as database:
        databases.execute(database.url, "SELECT 1")


def test_interrupted_making_is_made_again(server_folder: Path) -> None:
    """A database is there whole or not at all."""
    (server_folder / "cluster.new" / "base").mkdir(parents=True)
    with EmbeddedDatabase(server_folder) as database:
        databases.execute(database.url, "SELECT 1")


def test_killed_parent_leaves_no_server_and_its_data(
    server_folder: Path, parent: subprocess.Popen[str]
) -> None:
    """The kernel tells the server, which shuts down cleanly; the next start works at once."""
    assert parent.stdout is not None
    server = int(parent.stdout.readline())
    children = children_of(server)
    assert children
    parent.send_signal(signal.SIGKILL)
    wait_until_gone(server, *children, timeout_s=5)
    with EmbeddedDatabase(server_folder) as database:
        databases.execute(database.url, "SELECT 1")
    assert "not properly shut down" not in (server_folder / "server.log").read_text()


def test_start_right_after_the_parent_was_killed_waits_for_the_server(
    server_folder: Path, parent: subprocess.Popen[str]
) -> None:
    """A supervisor restarts at once, while the server is still ending."""
    assert parent.stdout is not None
    parent.stdout.readline()
    parent.send_signal(signal.SIGKILL)
    with EmbeddedDatabase(server_folder) as database:
        databases.execute(database.url, "SELECT 1")


def test_programs_are_copied_where_the_server_user_can_run_them(
    server_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A virtualenv below /root is closed to the user `nobody`."""
    closed = server_folder / "closed"
    installed = database_programs._installed_package()
    shutil.copytree(installed / "pginstall", closed / installed.name / "pginstall")
    libraries = f"{installed.name}.libs"
    shutil.copytree(installed.parent / libraries, closed / libraries)
    closed.chmod(0o700)
    monkeypatch.setattr(database_programs, "_installed_package", lambda: closed / installed.name)
    user = server_user()
    # An ordinary user can enter its own folder: there, another user takes the place of `nobody`.
    looked_up_for = user if os.geteuid() == 0 else User(user.uid + 1, user.gid + 1)
    programs = database_programs.programs_dir(looked_up_for, server_folder / "copies")
    assert programs.is_relative_to(server_folder / "copies")
    with (server_folder / "output").open("wb") as output:
        command = [f"{programs}/initdb", "--version"]
        tool = spawn(command, at_parent_death=signal.SIGKILL, user=user, output=output)
    assert tool.wait() == 0
    assert "PostgreSQL" in (server_folder / "output").read_text()


def test_first_closed_folder_on_the_way_is_named(server_folder: Path) -> None:
    """The remedy names the folder to open, not the one at the end of the path."""
    inner = server_folder / "closed" / "inner"
    inner.mkdir(parents=True)
    (server_folder / "closed").chmod(0o700)
    other = User(54_321, 54_321)
    assert first_untraversable(inner, other) == server_folder / "closed"
    assert first_untraversable(server_folder, other) is None


@needs_user
def test_default_folder_follows_xdg(monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative XDG_DATA_HOME is ignored, as its specification says."""
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    assert default_data_dir() == Path("/somewhere/opensky-flight-monitor")
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert default_data_dir() == Path.home() / ".local/share/opensky-flight-monitor"


@needs_root
def test_default_folder_of_root_is_the_machines() -> None:
    """The home of root is closed to the user `nobody`."""
    assert default_data_dir() == Path("/var/lib/opensky-flight-monitor")
