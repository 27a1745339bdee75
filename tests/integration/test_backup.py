"""A dump holds rows and offsets of one moment: restored, the archive goes on from the topic."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from testkit.audit_run import run_audit
from testkit.databases import execute
from testkit.deployment import Deployment
from testkit.producer import as_messages, vectors
from testkit.queries import fetch_value
from testkit.services import ROOT
from testkit.timescale import Timescale
from testkit.timescale_install import programs_dir
from testkit.waiting import wait_until

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database]

COUNT = "SELECT count(*) FROM state_vectors"
ROLES = [f"--file={ROOT / 'migrations/sql' / name}" for name in ("roles.sql", "0003_reader.sql")]


@pytest.fixture
def new_server() -> Iterator[Timescale]:
    """Give another server, which knows no role of the first one."""
    with Timescale(fsync=False) as server:
        yield server


def test_the_archive_goes_on_after_a_restore(
    deployment: Deployment, new_server: Timescale, tmp_path: Path
) -> None:
    """What was stored after the dump is stored again from the topic, once, by the same role."""
    run("psql", deployment.database_url, *ROLES)
    as_role = {"DATABASE_URL": role_url(deployment.database_url)}
    deployment.publish(as_messages(vectors(1_000)))
    archive = deployment.archive(**as_role)
    deployment.wait_until_stored()
    dump = tmp_path / "flights.dump"
    run("pg_dump", "--format=custom", f"--file={dump}", as_role["DATABASE_URL"])
    deployment.publish(as_messages(vectors(500, first=5_000)))
    deployment.wait_until_stored()
    assert archive.stop() == 0

    restored = new_server.create_database()
    run("psql", restored, *ROLES)
    execute(restored, "SELECT timescaledb_pre_restore()")
    run("pg_restore", f"--dbname={restored}", "--exit-on-error", str(dump))
    execute(restored, "SELECT timescaledb_post_restore()")
    assert fetch_value(restored, COUNT) == 1_000

    settings = {"DATABASE_URL": role_url(restored), "KAFKA_GROUP_ID": f"new-{deployment.topic}"}
    again = deployment.archive(**settings)
    wait_until(lambda: fetch_value(restored, COUNT) == 1_500, timeout_s=60, what=again.log_tail)
    assert again.stop() == 0
    audited = run_audit(deployment.environment | settings)
    assert audited.stdout.startswith("audit clean"), audited.stdout + audited.stderr


def role_url(url: str) -> str:
    """Return the address for the role of the services."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"flights@{parts.netloc.rpartition('@')[2]}").geturl()


def run(program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL; what it prints is shown if it fails."""
    done = subprocess.run(
        [str(programs_dir() / program), *arguments], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
