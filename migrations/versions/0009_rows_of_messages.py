"""A message may hold several rows: the ledger counts rows, and a dead letter may be of one row."""

from migrations.editions import run_file

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0009_rows_of_messages")


def downgrade() -> None:
    run_file("0009_down")
