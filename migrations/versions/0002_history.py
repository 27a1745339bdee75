"""The history: flights, the minutely rollup, and traffic by the hour."""

from migrations.editions import Edition, drop_parts, find_edition, run_file

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    edition = find_edition()
    run_file("0002_flights")
    run_file("0002_minutes")
    run_file("0002_minutes_partitions" if edition is Edition.PLAIN else "0002_minutes_hypertable")
    if edition is Edition.COMMUNITY:
        run_file("0002_columnstore")
    run_file("0002_traffic")


def downgrade() -> None:
    drop_parts("minutely_state_vectors")
    run_file("0002_down")
    run_file("0001_views_traffic")
