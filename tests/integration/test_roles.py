"""The processor works as a role that is no superuser, on a new database and on one of before."""

import datetime as dt
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from standalone.database_folder import server_user
from standalone.database_programs import programs_dir
from testkit import databases, stored_log
from testkit.edition import Place
from testkit.migration import migrate
from testkit.queries import fetch, fetch_value
from testkit.services import ROOT
from testkit.state_vectors import START
from tests.end_to_end.command import Command, wait_for

ROLE, PASSWORD = "flights", "of-a-test"
FILES = ("migrations/sql/roles.sql", "migrations/sql/0003_reader.sql")
SUPERUSER = "SELECT rolsuper OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = $1"

# Tables, partitions, views and functions of the schema that do not belong to the role.
NOT_THE_ROLES = """
SELECT relname::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
  AND relowner <> 'flights'::regrole
  AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
UNION ALL
SELECT proname::text FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND proowner <> 'flights'::regrole
  AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
"""
NOT_THE_ROLES_CHUNKS = """
SELECT format('%s.%s', chunk_schema, chunk_name) FROM timescaledb_information.chunks
WHERE (SELECT relowner FROM pg_class
       WHERE oid = format('%I.%I', chunk_schema, chunk_name)::regclass) <> 'flights'::regrole
"""


def make_roles(admin: str) -> None:
    """Run the files as docs/access.md says, twice: they repeat themselves harmlessly."""
    psql = programs_dir(server_user()) / "psql"
    files = [word for file in FILES for word in ("-f", file)]
    for _ in range(2):
        done = subprocess.run(
            [psql, admin, "-v", "ON_ERROR_STOP=1", *files],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "WARNING" not in done.stderr


def role_url(admin: str) -> str:
    """Give the role a password and return its address of a database."""
    databases.execute(admin, f"ALTER ROLE {ROLE} PASSWORD '{PASSWORD}'")
    parts = urlsplit(admin)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{ROLE}:{PASSWORD}@{host}").geturl()


def test_pipeline_runs_as_a_role_that_is_no_superuser(place: Place, server_folder: Path) -> None:
    """Migrations, archive, maintenance, live half and audit, on a database made for the role."""
    make_roles(place.dsn)
    url = role_url(place.dsn)
    assert fetch_value(url, SUPERUSER, ROLE) is False
    with Command(server_folder, "--aircraft", "300", "--database", url) as command:
        command.wait_until_ready()
        wait_for(lambda: int(fetch_value(url, "SELECT count(*) FROM state_vectors")) > 300, 30)
        log = (command.data_dir / "logs" / "processor.log").read_text()
        assert command.interrupt() < 10
        assert command.process.returncode == 0
    assert "permission denied" not in log
    assert "must be owner" not in log
    assert stored_log.audit(url).returncode == 0
    assert fetch(place.dsn, NOT_THE_ROLES) == []


def test_database_that_a_superuser_has_made_is_handed_over(place: Place) -> None:
    """With its rows: what is stored, dropped, audited and migrated goes on as the role."""
    migrate(place.dsn)
    stored_log.fill(place.dsn)
    make_roles(place.dsn)
    assert fetch(place.dsn, NOT_THE_ROLES) == []
    if place.is_timescale:
        assert fetch(place.dsn, NOT_THE_ROLES_CHUNKS) == []
    url = role_url(place.dsn)
    assert stored_log.audit(url).returncode == 0
    stored_log.fill(url, range(10, 12))
    before = dt.datetime.fromtimestamp(START + 2 * stored_log.DAY, dt.UTC)
    for kind in ("state_vectors", "minutely_state_vectors"):
        assert fetch(url, f"SELECT part FROM drop_{kind}_before($1)", before)  # noqa: S608
    fetch(url, "SELECT fit_chunks(1000), chunks_to_compress(4)")
    migrate(url, "downgrade", "base")
    migrate(url)


def test_the_role_reaches_nothing_of_the_server(place: Place) -> None:
    """A leaked address is one database, not the machine."""
    make_roles(place.dsn)
    url = role_url(place.dsn)
    for statement in (
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('/etc/passwd')",
        "CREATE ROLE another",
        "CREATE DATABASE another",
        "ALTER SYSTEM SET work_mem = '1GB'",
        f"ALTER ROLE {ROLE} SUPERUSER",
        "SELECT rolpassword FROM pg_authid",
    ):
        with pytest.raises(Exception, match=r"permission denied|must be|Only roles"):
            databases.execute(url, statement)


def test_embedded_database_gives_services_an_ordinary_role(server_folder: Path) -> None:
    """The superuser stays for administration; the address of the services holds no password."""
    with Command(server_folder, "--aircraft", "300") as command:
        command.wait_until_ready()
        url = command.database_url
        assert fetch_value(url, "SELECT current_user::text") == ROLE
        assert fetch_value(url, SUPERUSER, ROLE) is False
        assert fetch(url, NOT_THE_ROLES) == []
        passwords = [(command.data_dir / "password").read_text()]
        passwords.append((command.data_dir / "pgpass").read_text().strip().rpartition(":")[2])
        wait_for(lambda: command.row_count() > 0, 20)
        assert "audit clean" in command.audit()
        shown = "".join([command.stdout, command.stderr, *command.descendants().values()])
        assert command.interrupt() < 10
    logs = [file.read_text() for file in (command.data_dir / "logs").iterdir()]
    logs += [file.read_text() for file in command.data_dir.glob("server.log*")]
    for password in passwords:
        assert password not in "".join([shown, *logs])


def test_what_is_written_is_for_this_user_alone(server_folder: Path) -> None:
    """Also in a folder that an older version left open, and that is said."""
    data_dir = server_folder / "data"
    (data_dir / "logs").mkdir(parents=True, mode=0o755)
    data_dir.chmod(0o755)
    config = server_folder / "config.yaml"
    config.write_text("opensky: {credentials_file: mine.json}")
    with Command(server_folder, "--aircraft", "300") as command:
        command.wait_until_ready()
        assert f"{data_dir} was open to other users (mode 755)" in command.stderr
        written = [path for path in data_dir.glob("*") if path.name != "cluster"]
        written += (data_dir / "logs").glob("*")
        open_to_others = [path for path in written if path.stat().st_mode & 0o077]
        assert command.interrupt() < 10
    assert {path.name for path in written} >= {"pgpass", "password", "simulator-credentials.json"}
    assert open_to_others == []
    assert data_dir.stat().st_mode & 0o067 == 0
