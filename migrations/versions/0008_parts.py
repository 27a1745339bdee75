"""The number of parts of each table is bounded, and so are the locks of a statement."""

from migrations.editions import Edition, find_edition, run_file

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    is_plain = find_edition() is Edition.PLAIN
    run_file("0008_partitions" if is_plain else "0008_hypertable")
    run_file("0008_parts")


def downgrade() -> None:
    is_plain = find_edition() is Edition.PLAIN
    run_file("0008_partitions_down" if is_plain else "0008_hypertable_down")
    run_file("0008_down")
