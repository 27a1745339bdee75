"""What is derived from state vectors has to be plausible."""

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
    # What stood on the view that is made again.
    run_file("0003_comments")
    run_file("0003_reader")
