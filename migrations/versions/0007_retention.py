"""Retention uses the database's clock and deletes a bounded amount at a time."""

from migrations.editions import Edition, find_edition, run_file

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0007_partitions" if find_edition() is Edition.PLAIN else "0007_hypertable")
    run_file("0007_retention")


def downgrade() -> None:
    run_file("0007_down")
    is_plain = find_edition() is Edition.PLAIN
    run_file("0007_partitions_down" if is_plain else "0007_hypertable_down")
