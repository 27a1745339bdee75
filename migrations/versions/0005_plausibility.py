"""Flights are measured from plausible positions and altitudes only."""

from migrations.editions import run_file

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0005_plausible_parts")
    run_file("0005_flights")


def downgrade() -> None:
    run_file("0005_down")
    # The view was dropped with its comments and privileges.
    run_file("0003_comments")
    run_file("0003_reader")
