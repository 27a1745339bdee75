"""The ledger holds a digest of the rows that were stored."""

from migrations.editions import run_file

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0006_audit")


def downgrade() -> None:
    run_file("0006_down")
