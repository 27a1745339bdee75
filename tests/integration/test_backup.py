"""A dump holds rows and offsets of one moment: restored, the archive goes on from the topic."""

import subprocess
from pathlib import Path

import pytest

from testkit.audit_run import run_audit
from testkit.databases import execute
from testkit.deployment import Deployment
from testkit.producer import as_messages, vectors
from testkit.queries import fetch_value
from testkit.timescale_install import programs_dir
from testkit.waiting import wait_until

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database]

COUNT = "SELECT count(*) FROM state_vectors"


def test_the_archive_goes_on_after_a_restore(deployment: Deployment, tmp_path: Path) -> None:
    """What was stored after the dump is stored again from the topic, once."""
    deployment.publish(as_messages(vectors(1_000)))
    archive = deployment.archive()
    deployment.wait_until_stored()
    dump = tmp_path / "flights.dump"
    run("pg_dump", "--format=custom", f"--file={dump}", deployment.database_url)
    deployment.publish(as_messages(vectors(500, first=5_000)))
    deployment.wait_until_stored()
    assert archive.stop() == 0

    restored = deployment.timescale.create_database()
    execute(restored, "CREATE EXTENSION timescaledb")
    execute(restored, "SELECT timescaledb_pre_restore()")
    run("pg_restore", f"--dbname={restored}", "--no-owner", "--exit-on-error", str(dump))
    execute(restored, "SELECT timescaledb_post_restore()")
    assert fetch_value(restored, COUNT) == 1_000

    settings = {"DATABASE_URL": restored, "KAFKA_GROUP_ID": f"restored-{deployment.topic}"}
    again = deployment.archive(**settings)
    wait_until(lambda: fetch_value(restored, COUNT) == 1_500, timeout_s=60, what=again.log_tail)
    assert again.stop() == 0
    audited = run_audit(deployment.environment | settings)
    assert audited.stdout.startswith("audit clean"), audited.stdout + audited.stderr
    deployment.timescale.drop_database(restored)


def run(program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL; what it prints is shown if it fails."""
    done = subprocess.run(
        [str(programs_dir() / program), *arguments], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
