"""Tables of aircraft and airlines, and views that join them with flights."""

from migrations.editions import run_file

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0012_aircraft")
    run_file("0012_views")
    run_file("0003_reader")


def downgrade() -> None:
    run_file("0012_down")
