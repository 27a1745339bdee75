"""The archive: state vectors, the ledger, and dead letters."""

from migrations.editions import Edition, drop_parts, find_edition, run_file

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    edition = find_edition()
    run_file("0001_state_vectors")
    run_file("0001_partitions" if edition is Edition.PLAIN else "0001_hypertable")
    if edition is Edition.COMMUNITY:
        run_file("0001_columnstore")
    run_file("0001_ingest")
    run_file("0001_views")
    run_file("0001_views_traffic")


def downgrade() -> None:
    drop_parts("state_vectors")
    run_file("0001_down")
