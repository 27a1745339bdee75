"""Late rows roll up their aircraft alone, and the archive compresses chunks itself."""

from migrations.editions import run_file

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0010_minutes")


def downgrade() -> None:
    run_file("0010_down")
