"""The age at which chunks move to the columnstore is a setting."""

from migrations.editions import Edition, find_edition, run_file

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    is_community = find_edition() is Edition.COMMUNITY
    run_file("0004_columnstore" if is_community else "0004_no_columnstore")


def downgrade() -> None:
    run_file("0004_down")
